/// The two ways registries are reached.
package enum Scheme: String, Hashable, Sendable {
  case http, https

  /// The TCP port that goes without saying.
  package var defaultPort: Int { self == .https ? 443 : 80 }
}

/// Scheme, host and port: the boundary that credentials and tokens never cross.
///
/// Implements the comparison of [RFC 6454, "The Web Origin Concept"](https://www.rfc-editor.org/rfc/rfc6454#section-5).
package struct Origin: Hashable, Sendable {
  package let scheme: Scheme
  /// Lower-case name or address; IPv6 addresses without their brackets.
  package let host: String
  package let port: Int

  /// Takes `host`, `host:port`, `[address]` or `[address]:port`; nil for anything else, user names included.
  package init?(scheme: Scheme, authority: some StringProtocol) {
    var rest = Substring(authority)
    let host: Substring
    if rest.first == "[" {
      guard let close = rest.firstIndex(of: "]") else { return nil }
      host = rest[rest.index(after: rest.startIndex)..<close]
      rest = rest[rest.index(after: close)...]
      guard !host.isEmpty, host.utf8.allSatisfy({ Self.isAddressByte($0) }) else { return nil }
    } else {
      host = rest.prefix { $0 != ":" }
      rest = rest[host.endIndex...]
      guard !host.isEmpty, host.utf8.allSatisfy({ Self.isNameByte($0) }) else { return nil }
    }
    if rest.isEmpty {
      port = scheme.defaultPort
    } else {
      guard rest.first == ":", let number = UInt16(rest.dropFirst()), number > 0 else { return nil }
      port = Int(number)
    }
    self.scheme = scheme
    self.host = host.lowercased()
  }

  /// Whether the host can only be this machine: `localhost`, `127.0.0.0/8` or `::1`.
  package var isLoopback: Bool { Self.isLoopback(host: host) }

  /// `host` or `host:port`, as it appears in URLs, file names and the keys of credential files.
  package var authority: String {
    let name = host.contains(":") ? "[\(host)]" : host
    return port == scheme.defaultPort ? name : "\(name):\(port)"
  }

  /// Decides by the text alone, never by looking the name up.
  static func isLoopback(host: String) -> Bool {
    if host == "localhost" || host == "::1" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }

  private static func isAddressByte(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20) || byte == UInt8(ascii: ":")
  }
}

extension Origin: CustomStringConvertible {
  package var description: String { "\(scheme.rawValue)://\(authority)" }
}
