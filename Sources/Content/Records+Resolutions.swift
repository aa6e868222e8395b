import FoundationEssentials
import GRDB
import OCI

extension Records {
  /// The manifest that a reference led to for a platform when it was last pulled; nil when it never was.
  ///
  /// - Throws: `DatabaseError`.
  package func resolution(of reference: Reference, _ platform: Platform) throws -> Descriptor? {
    try database.read { database in
      try Data.fetchOne(
        database, sql: "SELECT manifest FROM resolution WHERE reference = ? AND platform = ?",
        arguments: [reference.description, platform.description])
    }.flatMap { try? CanonicalJSON.decode(Descriptor.self, from: [UInt8]($0)) }
  }

  /// Remembers which manifest a reference led to.
  package func setResolution(of reference: Reference, _ platform: Platform, to manifest: Descriptor) throws {
    let bytes = Data(try CanonicalJSON.encode(manifest))
    try database.write { database in
      try database.execute(
        sql: "INSERT OR REPLACE INTO resolution (reference, platform, manifest) VALUES (?, ?, ?)",
        arguments: [reference.description, platform.description, bytes])
    }
  }
}
