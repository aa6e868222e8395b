import GRDB
import OCI

extension Records {
  /// The digest of a file that has not changed since it was last hashed; nil when it has, or never was.
  ///
  /// - Throws: `DatabaseError`.
  package func fileDigest(_ identity: FileIdentity) throws -> Digest? {
    try database.read { database in
      try String.fetchOne(
        database,
        sql: """
          SELECT digest FROM fileDigest
          WHERE device = ? AND inode = ? AND size = ? AND modified = ? AND changed = ?
          """, arguments: Self.arguments(identity))
    }.flatMap { Digest($0) }
  }

  /// Remembers digests of files in one transaction.
  package func setFileDigests(_ digests: [(FileIdentity, Digest)]) throws {
    guard !digests.isEmpty else { return }
    try database.write { database in
      let statement = try database.makeStatement(
        sql: """
          INSERT OR REPLACE INTO fileDigest (device, inode, size, modified, changed, digest) VALUES (?, ?, ?, ?, ?, ?)
          """)
      for (identity, digest) in digests {
        var arguments = Self.arguments(identity)
        arguments += [digest.description]
        try statement.execute(arguments: arguments)
      }
    }
  }

  private static func arguments(_ identity: FileIdentity) -> StatementArguments {
    [
      Int64(bitPattern: identity.device), Int64(bitPattern: identity.inode), identity.size, identity.modified,
      identity.changed,
    ]
  }
}
