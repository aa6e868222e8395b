import FoundationEssentials

/// The one way documents are written: sorted keys, no escaped slashes, so that equal values give equal bytes and digests.
package enum CanonicalJSON {
  /// The bytes to hash, store and send; never encode a second time what was hashed.
  ///
  /// - Throws: `EncodingError` when a value cannot be represented, such as a number that is not finite.
  package static func encode(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return [UInt8](try encoder.encode(value))
  }

  /// Decodes a document of at most `limit` bytes (default 8 MiB), since it may come from a hostile registry.
  ///
  /// - Throws: `DecodingError` for malformed or oversized input.
  package static func decode<T: Decodable>(_ type: T.Type, from bytes: [UInt8], limit: Int = 8 << 20) throws -> T {
    guard bytes.count <= limit else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: [], debugDescription: "document of \(bytes.count) bytes is over the limit of \(limit)"))
    }
    return try JSONDecoder().decode(type, from: Data(bytes))
  }
}
