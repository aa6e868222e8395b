/// What an image runs on: operating system, architecture and variant in the spelling of the OCI image specification.
///
/// A value is normalised where it enters the program (`init?(parsing:)`, `normalised`), so that equal platforms compare
/// equal: `arm64` has no variant, `arm` always has one (`v7` unless said otherwise). Implements
/// [OCI image specification, "platform" of an index](https://github.com/opencontainers/image-spec/blob/v1.1.0/image-index.md).
package struct Platform: Hashable, Sendable, Codable {
  package var os: String
  package var architecture: String
  package var variant: String?
  package var osVersion: String?
  package var osFeatures: [String]?

  enum CodingKeys: String, CodingKey {
    case os, architecture, variant
    case osVersion = "os.version"
    case osFeatures = "os.features"
  }

  package init(os: String = "linux", architecture: String, variant: String? = nil) {
    self.os = os
    self.architecture = architecture
    self.variant = variant
  }

  /// Parses `arm64`, `linux/arm/v7`, `aarch64` and the other spellings people use; nil when a part is malformed.
  ///
  /// The result is normalised. An unknown architecture is kept as written, since images for it may exist.
  package init?(parsing text: some StringProtocol) {
    let parts = String(text).split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard (1...3).contains(parts.count), parts.allSatisfy(Self.isWellFormed) else { return nil }
    let (os, architecture, variant): (String, String, String?) =
      switch parts.count {
      case 1: ("linux", parts[0], nil)
      case 2 where Architecture.isKnown(parts[0]): ("linux", parts[0], parts[1])
      case 2: (parts[0], parts[1], nil)
      default: (parts[0], parts[1], parts[2])
      }
    self = Platform(os: os, architecture: architecture, variant: variant).normalised
  }

  /// The canonical spelling: aliases replaced, default variants removed or added.
  package var normalised: Platform {
    var result = self
    result.os = os.lowercased()
    let (name, variant) = Architecture.canonical(architecture.lowercased(), variant: variant?.lowercased())
    result.architecture = name
    result.variant = variant
    return result
  }

  private static func isWellFormed(_ part: String) -> Bool {
    !part.isEmpty && part.utf8.count <= 64
      && part.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }
}

extension Platform: CustomStringConvertible {
  /// `linux/arm/v7`: every part that is set, separated by slashes.
  package var description: String { [os, architecture, variant].compactMap { $0 }.joined(separator: "/") }

  /// The name for people and files where the operating system goes without saying: `arm64`, `arm/v7`.
  package var shortName: String { [architecture, variant].compactMap { $0 }.joined(separator: "/") }
}

extension Platform: Comparable {
  package static func < (left: Platform, right: Platform) -> Bool { left.description < right.description }
}
