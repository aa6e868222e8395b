import GRDB
import OCI

/// The last result of a cell: which manifest it made, and how long that took.
package struct CellRecord: Hashable, Sendable {
  /// `set/component/platform`, unique within the store.
  package var name: String
  package var manifest: Digest
  /// Time of the build that made it; 0 when everything came from the cache.
  package var seconds: Double

  package init(name: String, manifest: Digest, seconds: Double) {
    self.name = name
    self.manifest = manifest
    self.seconds = seconds
  }
}

extension Records {
  /// The last result of a cell; nil when it was never built here.
  ///
  /// - Throws: `DatabaseError`.
  package func cell(_ name: String) throws -> CellRecord? {
    try database.read { database in
      guard let row = try Row.fetchOne(database, sql: "SELECT * FROM cell WHERE name = ?", arguments: [name]),
        let manifest = Digest(row["manifest"] as String)
      else { return nil }
      return CellRecord(name: name, manifest: manifest, seconds: row["seconds"])
    }
  }

  /// Remembers the result of a cell.
  package func setCell(_ record: CellRecord) throws {
    try database.write { database in
      try database.execute(
        sql: "INSERT OR REPLACE INTO cell (name, manifest, seconds) VALUES (?, ?, ?)",
        arguments: [record.name, record.manifest.description, record.seconds])
    }
  }
}
