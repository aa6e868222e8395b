/// The content address of a blob: an algorithm and the hash in lower-case hexadecimal.
///
/// Two digests are equal exactly when their text is. Implements
/// [OCI image specification, descriptor, "Digests"](https://github.com/opencontainers/image-spec/blob/v1.1.0/descriptor.md#digests).
package struct Digest: Hashable, Sendable {
  /// A hash algorithm registered by the OCI image specification.
  package enum Algorithm: String, Sendable, CaseIterable {
    case sha256
    case sha512

    /// Length of the hash in hexadecimal digits.
    package var hexLength: Int { self == .sha256 ? 64 : 128 }
  }

  package let algorithm: Algorithm
  /// The hash, lower-case, exactly `algorithm.hexLength` digits.
  package let hex: String

  /// Takes the raw bytes of a SHA-256 hash.
  ///
  /// - Precondition: `hash` yields 32 bytes.
  package init(sha256 hash: some Sequence<UInt8>) {
    var text: [UInt8] = []
    text.reserveCapacity(64)
    for byte in hash {
      text.append(Self.hexDigits[Int(byte >> 4)])
      text.append(Self.hexDigits[Int(byte & 15)])
    }
    precondition(text.count == 64, "a SHA-256 hash has 32 bytes")
    algorithm = .sha256
    hex = String(decoding: text, as: UTF8.self)
  }

  /// Parses `sha256:…` or `sha512:…`; nil for anything that is not a well-formed digest of a known algorithm.
  package init?(_ text: some StringProtocol) {
    guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")),
      let algorithm = Algorithm(rawValue: String(text[..<colon]))
    else { return nil }
    let hash = text[text.utf8.index(after: colon)...]
    guard hash.utf8.count == algorithm.hexLength, hash.utf8.allSatisfy(Self.isHexDigit) else { return nil }
    self.algorithm = algorithm
    hex = String(hash)
  }

  /// The first twelve digits, enough to tell digests apart in output for people.
  package var short: String { String(hex.prefix(12)) }

  private static let hexDigits = Array("0123456789abcdef".utf8)

  private static func isHexDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
  }
}

extension Digest: CustomStringConvertible {
  package var description: String { "\(algorithm.rawValue):\(hex)" }
}

extension Digest: Comparable {
  package static func < (left: Digest, right: Digest) -> Bool { left.description < right.description }
}

extension Digest: Codable {
  package init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let digest = Digest(text) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "not a digest: \(text.prefix(160))"))
    }
    self = digest
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
