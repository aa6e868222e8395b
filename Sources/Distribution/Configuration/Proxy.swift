import AsyncHTTPClient
import FoundationEssentials

/// A server that makes connections for us; printing it shows no password.
package struct Proxy: Hashable, Sendable, CustomStringConvertible {
  private enum Kind: Hashable { case http, socks }

  /// The environment variable that names it.
  package let variable: String
  private let kind: Kind
  private let host: String
  private let port: Int
  private let user: String?
  private let password: String?

  /// Parses `[http://|socks5://][user:password@]host[:port]`; nil for other schemes, such as a proxy to be asked by TLS.
  init?(_ text: String, variable: String) {
    var rest = Substring(text)
    var kind = Kind.http
    if let separator = rest.firstRange(of: "://") {
      switch rest[..<separator.lowerBound].lowercased() {
      case "http": kind = .http
      case "socks5", "socks5h", "socks": kind = .socks
      default: return nil
      }
      rest = rest[separator.upperBound...]
    }
    rest = rest.prefix { $0 != "/" }
    var login: (user: String, password: String)?
    if let at = rest.lastIndex(of: "@") {
      let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      login = (Self.decoded(parts[0]), parts.count > 1 ? Self.decoded(parts[1]) : "")
      rest = rest[rest.index(after: at)...]
    }
    guard let origin = Origin(scheme: .http, authority: rest) else { return nil }
    self.variable = variable
    self.kind = kind
    host = origin.host
    let hasPort = rest.hasSuffix(":\(origin.port)")
    port = hasPort ? origin.port : (kind == .socks ? 1080 : 80)
    (user, password) = (login?.user, login?.password)
  }

  var forConnections: HTTPClient.Configuration.Proxy {
    switch kind {
    case .socks: return .socksServer(host: host, port: port)
    case .http:
      guard let user, let password else { return .server(host: host, port: port) }
      let credentials = Data("\(user):\(password)".utf8).base64EncodedString()
      return .server(host: host, port: port, authorization: .basic(credentials: credentials))
    }
  }

  package var description: String {
    "\(kind == .socks ? "socks5" : "http")://\(user == nil ? "" : "(redacted)@")\(host):\(port)"
  }

  private static func decoded(_ text: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
