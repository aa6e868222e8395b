import GRDB
import OCI

extension Records {
  /// The digests of those files that have not changed since they were last hashed.
  ///
  /// - Throws: `DatabaseError`.
  package func fileDigests(_ identities: [FileIdentity]) throws -> [FileIdentity: Digest] {
    guard !identities.isEmpty else { return [:] }
    return try database.read { database in
      let statement = try database.cachedStatement(
        sql: """
          SELECT digest FROM fileDigest
          WHERE device = ? AND inode = ? AND size = ? AND modified = ? AND changed = ?
          """)
      var found: [FileIdentity: Digest] = [:]
      for identity in identities {
        let text = try String.fetchOne(statement, arguments: Self.arguments(identity))
        if let digest = text.flatMap({ Digest($0) }) { found[identity] = digest }
      }
      return found
    }
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
