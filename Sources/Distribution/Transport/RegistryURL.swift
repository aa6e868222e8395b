/// An absolute `http` or `https` URL: an origin and a request target, both checked, no user name and no fragment.
///
/// URLs come from registries (`Location`, `Link`, token realms), so they are parsed here and nothing is repaired.
/// Follows [RFC 3986](https://www.rfc-editor.org/rfc/rfc3986) where it says anything else.
package struct RegistryURL: Hashable, Sendable {
  package let origin: Origin
  /// Path with a leading slash, and the query where there is one.
  package let target: String

  init(origin: Origin, target: String) {
    self.origin = origin
    self.target = target
  }

  /// Parses an absolute URL of at most 8 KiB; nil when it is malformed or of another scheme.
  package init?(_ text: some StringProtocol) {
    guard text.utf8.count <= 8192, text.utf8.allSatisfy(Self.isURLByte) else { return nil }
    let text = String(text)
    guard let separator = text.utf8Range(of: "://"),
      let scheme = Scheme(rawValue: text[..<separator.lowerBound].lowercased())
    else { return nil }
    let rest = text[separator.upperBound...].prefix { $0 != "#" }
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    guard let origin = Origin(scheme: scheme, authority: authority) else { return nil }
    let target = rest[authority.endIndex...]
    self.init(origin: origin, target: target.hasPrefix("/") ? String(target) : "/" + target)
  }

  /// What a `Location` or `Link` of an answer to this URL points to; nil when it is malformed.
  package func resolving(_ location: String) -> RegistryURL? {
    if let absolute = RegistryURL(location) { return absolute }
    guard (1...8192).contains(location.utf8.count), location.utf8.allSatisfy(Self.isURLByte) else { return nil }
    if location.hasPrefix("//") { return RegistryURL("\(origin.scheme.rawValue):\(location)") }
    if location.prefix(while: { $0 != "/" && $0 != "?" }).contains(":") { return nil }
    let reference = String(location.prefix { $0 != "#" })
    if reference.hasPrefix("/") { return RegistryURL(origin: origin, target: reference) }
    if reference.hasPrefix("?") { return RegistryURL(origin: origin, target: path + reference) }
    let directory = path.prefix(through: path.lastIndex(of: "/") ?? path.startIndex)
    return RegistryURL(origin: origin, target: directory + reference)
  }

  /// The same URL with one more query parameter, its value percent-encoded.
  package func appending(query name: String, _ value: String) -> RegistryURL {
    let separator = target.contains("?") ? (target.hasSuffix("?") || target.hasSuffix("&") ? "" : "&") : "?"
    return RegistryURL(origin: origin, target: "\(target)\(separator)\(name)=\(Self.percentEncoded(value))")
  }

  /// The path without the query.
  package var path: String { String(target.prefix { $0 != "?" }) }

  /// The whole URL, for requests only: queries can hold signatures and tokens.
  package var text: String { origin.description + target }

  /// Percent-encodes everything but letters, digits and `-._~:/`, which are safe in a query.
  static func percentEncoded(_ value: String) -> String {
    var result = ""
    for byte in value.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"), UInt8(ascii: ":"), UInt8(ascii: "/"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = Array("0123456789ABCDEF".unicodeScalars)
        result.unicodeScalars.append("%")
        result.unicodeScalars.append(digits[Int(byte >> 4)])
        result.unicodeScalars.append(digits[Int(byte & 15)])
      }
    }
    return result
  }

  private static func isURLByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\\"), UInt8(ascii: "^"),
      UInt8(ascii: "`"), UInt8(ascii: "{"), UInt8(ascii: "|"), UInt8(ascii: "}"):
      false
    default: (0x21...0x7e).contains(byte)
    }
  }
}

extension RegistryURL: CustomStringConvertible {
  /// Without the query, which can hold signatures and tokens.
  package var description: String { origin.description + path }
}

extension String {
  /// Where the bytes of `other` first occur, without Foundation's search by characters.
  fileprivate func utf8Range(of other: String) -> Range<Index>? {
    let needle = Array(other.utf8)
    var start = utf8.startIndex
    while start < utf8.endIndex {
      if utf8[start...].starts(with: needle) { return start..<utf8.index(start, offsetBy: needle.count) }
      start = utf8.index(after: start)
    }
    return nil
  }
}
