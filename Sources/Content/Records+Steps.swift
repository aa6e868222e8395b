import FoundationEssentials
import GRDB
import OCI

/// What a step produced, found again by its cache key.
package struct StepRecord: Hashable, Sendable {
  /// Digest of the inputs.
  package var key: Digest
  /// Which step of which cell last had this key, so that a miss can be compared with the last hit.
  package var name: String
  /// The canonical record of the inputs that `key` is the digest of.
  package var inputs: String
  /// The layer that the step made and its diffID; nil when it left the files as they were.
  package var layer: StoredLayer?
  /// How long the step took when it ran.
  package var seconds: Double

  package init(key: Digest, name: String, inputs: String, layer: StoredLayer?, seconds: Double) {
    self.key = key
    self.name = name
    self.inputs = inputs
    self.layer = layer
    self.seconds = seconds
  }
}

/// A layer as stored and as unpacked: the blob's descriptor and the digest of its tar.
package struct StoredLayer: Hashable, Sendable {
  package var descriptor: Descriptor
  package var diffID: Digest

  package init(descriptor: Descriptor, diffID: Digest) {
    self.descriptor = descriptor
    self.diffID = diffID
  }
}

extension Records {
  /// The remembered result of a step; nil when no step had this key.
  ///
  /// - Throws: `DatabaseError`.
  package func step(_ key: Digest) throws -> StepRecord? {
    try database.read { database in
      try Row.fetchOne(database, sql: "SELECT * FROM step WHERE key = ?", arguments: [key.description])
        .flatMap(Self.decode)
    }
  }

  /// The result that the step of this name had the last time it ran with other inputs; nil when it never ran.
  package func lastStep(named name: String) throws -> StepRecord? {
    try database.read { database in
      try Row.fetchOne(
        database, sql: "SELECT * FROM step WHERE name = ? ORDER BY rowid DESC LIMIT 1", arguments: [name]
      )
      .flatMap(Self.decode)
    }
  }

  /// Remembers the result of a step, replacing an older one of the same key.
  package func setStep(_ record: StepRecord) throws {
    let layer = try record.layer.map { Data(try CanonicalJSON.encode($0.descriptor)) }
    try database.write { database in
      try database.execute(
        sql: "INSERT OR REPLACE INTO step (key, name, inputs, layer, diffID, seconds) VALUES (?, ?, ?, ?, ?, ?)",
        arguments: [
          record.key.description, record.name, record.inputs, layer, record.layer?.diffID.description, record.seconds,
        ])
    }
  }

  /// nil for a row that this version cannot read, which then counts as a miss.
  private static func decode(_ row: Row) -> StepRecord? {
    guard let key = Digest(row["key"] as String) else { return nil }
    var layer: StoredLayer?
    if let bytes = row["layer"] as Data? {
      guard let descriptor = try? CanonicalJSON.decode(Descriptor.self, from: [UInt8](bytes)),
        let text = row["diffID"] as String?, let diffID = Digest(text)
      else { return nil }
      layer = StoredLayer(descriptor: descriptor, diffID: diffID)
    }
    return StepRecord(key: key, name: row["name"], inputs: row["inputs"], layer: layer, seconds: row["seconds"])
  }
}
