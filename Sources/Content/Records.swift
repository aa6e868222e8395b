import GRDB
import Glibc
import SystemPackage

/// The store's database: results of steps, layer indexes and digests of files.
///
/// Everything in it can be computed again; a file that is damaged or of another version is replaced by an empty one.
package final class Records: Sendable {
  let database: DatabaseQueue

  /// Version of the tables; another version in the file means starting over.
  private static let version = 2

  init(path: FilePath) throws {
    do {
      database = try Self.open(path)
    } catch let error as DatabaseError where Self.isDamage(error) {
      for suffix in ["", "-wal", "-shm"] { unlink(path.string + suffix) }
      database = try Self.open(path)
    }
  }

  private static func isDamage(_ error: DatabaseError) -> Bool {
    [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode)
  }

  private static func open(_ path: FilePath) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.journalMode = .wal
    configuration.busyMode = .timeout(30)
    configuration.prepareDatabase { database in
      // A record lost in a power cut is computed again, so waiting for the disk on each one buys nothing.
      try database.execute(sql: "PRAGMA synchronous = OFF")
    }
    let queue = try DatabaseQueue(path: path.string, configuration: configuration)
    let found = try queue.read { try Int.fetchOne($0, sql: "PRAGMA user_version") ?? 0 }
    if found != version { try queue.write { try makeTables($0) } }
    return queue
  }

  private static func makeTables(_ database: Database) throws {
    // Another process may have made them between our look and our lock.
    guard try Int.fetchOne(database, sql: "PRAGMA user_version") != version else { return }
    try database.execute(
      sql: """
        DROP TABLE IF EXISTS step; DROP TABLE IF EXISTS layerIndex; DROP TABLE IF EXISTS fileDigest;
        DROP TABLE IF EXISTS cell; DROP TABLE IF EXISTS resolution; DROP TABLE IF EXISTS download;
        CREATE TABLE step (
          key TEXT PRIMARY KEY, name TEXT NOT NULL, inputs TEXT NOT NULL, layer BLOB, diffID TEXT,
          seconds REAL NOT NULL);
        CREATE INDEX stepByName ON step (name);
        CREATE TABLE layerIndex (diffID TEXT PRIMARY KEY, entries BLOB NOT NULL);
        CREATE TABLE fileDigest (
          device INTEGER NOT NULL, inode INTEGER NOT NULL, size INTEGER NOT NULL, modified INTEGER NOT NULL,
          changed INTEGER NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (device, inode)) WITHOUT ROWID;
        CREATE TABLE cell (
          name TEXT PRIMARY KEY, manifest TEXT NOT NULL, seconds REAL NOT NULL) WITHOUT ROWID;
        CREATE TABLE resolution (
          reference TEXT NOT NULL, platform TEXT NOT NULL, manifest BLOB NOT NULL,
          PRIMARY KEY (reference, platform)) WITHOUT ROWID;
        CREATE TABLE download (
          url TEXT PRIMARY KEY, digest TEXT NOT NULL, size INTEGER NOT NULL, entityTag TEXT, modified TEXT) WITHOUT ROWID;
        PRAGMA user_version = \(version);
        """)
  }
}
