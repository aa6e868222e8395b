import FoundationEssentials
import GRDB
import OCI

extension Records {
  /// The encoded layer index of a layer; nil when the layer has not been read yet.
  ///
  /// - Throws: `DatabaseError`.
  package func layerIndex(_ diffID: Digest) throws -> [UInt8]? {
    try database.read { database in
      try Data.fetchOne(
        database, sql: "SELECT entries FROM layerIndex WHERE diffID = ?", arguments: [diffID.description])
    }.map { [UInt8]($0) }
  }

  /// Remembers what a layer's tar contains.
  package func setLayerIndex(_ diffID: Digest, _ entries: [UInt8]) throws {
    try database.write { database in
      try database.execute(
        sql: "INSERT OR REPLACE INTO layerIndex (diffID, entries) VALUES (?, ?)",
        arguments: [diffID.description, Data(entries)])
    }
  }
}
