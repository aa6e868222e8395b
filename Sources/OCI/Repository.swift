/// The path of an image below its registry, such as `microshift/base-image`.
///
/// Lower-case letters and digits, separated by `.`, `_`, `__` or dashes, in parts separated by slashes, at most 255 bytes.
/// Implements [distribution specification, "name"](https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pulling-manifests).
package struct Repository: Hashable, Sendable, CustomStringConvertible {
  package let description: String

  /// nil when `text` does not follow the grammar.
  package init?(_ text: some StringProtocol) {
    guard (1...255).contains(text.utf8.count) else { return nil }
    for part in String(text).split(separator: "/", omittingEmptySubsequences: false) where !Self.isPathComponent(part) {
      return nil
    }
    description = String(text)
  }

  private static func isPathComponent(_ part: some StringProtocol) -> Bool {
    var separator: [UInt8] = []
    var seenLetter = false
    for byte in part.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
        guard separator.isEmpty || (seenLetter && isSeparator(separator)) else { return false }
        separator = []
        seenLetter = true
      case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
        separator.append(byte)
      default: return false
      }
    }
    return seenLetter && separator.isEmpty
  }

  private static func isSeparator(_ bytes: [UInt8]) -> Bool {
    switch bytes.first {
    case UInt8(ascii: "-"): bytes.allSatisfy { $0 == UInt8(ascii: "-") }
    case UInt8(ascii: "_"): bytes.count <= 2 && bytes.allSatisfy { $0 == UInt8(ascii: "_") }
    default: bytes.count == 1
    }
  }
}

/// A mutable name of a manifest within its repository, such as `4.18.9` or `latest`.
///
/// A letter, digit or underscore, then up to 127 of those, dots and dashes.
package struct Tag: Hashable, Sendable, CustomStringConvertible {
  package let description: String

  /// nil when `text` does not follow the grammar.
  package init?(_ text: some StringProtocol) {
    guard (1...128).contains(text.utf8.count), let first = text.utf8.first, Self.isWord(first),
      text.utf8.allSatisfy({ Self.isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") })
    else { return nil }
    description = String(text)
  }

  package static let latest = Tag(unchecked: "latest")

  private init(unchecked text: String) { description = text }

  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
