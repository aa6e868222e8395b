/// Which proxy stands between this machine and a server, from the usual environment variables.
///
/// `https_proxy` and `http_proxy` (in lower or upper case) and
/// `all_proxy` name proxies by the scheme of the request; `no_proxy` names servers that are asked directly. Loopback is
/// never asked by a proxy.
package struct ProxySettings: Hashable, Sendable {
  private var http: Proxy?
  private var https: Proxy?
  private var exceptions: [ProxyException]

  /// A variable that is no usable proxy counts as not set.
  package init(environment: [String: String]) {
    func proxy(_ names: String...) -> Proxy? {
      for name in names.flatMap({ [$0, $0.uppercased()] }) {
        if let value = environment[name], !value.isEmpty { return Proxy(value, variable: name) }
      }
      return nil
    }
    http = proxy("http_proxy", "all_proxy")
    https = proxy("https_proxy", "all_proxy")
    exceptions = (environment["no_proxy"] ?? environment["NO_PROXY"] ?? "")
      .split { $0 == "," || $0 == " " }.map { ProxyException(String($0)) }
  }

  /// The proxy for requests to a server; nil for direct connections.
  package func proxy(for origin: Origin) -> Proxy? {
    guard let proxy = origin.scheme == .https ? https : http, !origin.isLoopback else { return nil }
    return exceptions.contains { $0.covers(origin) } ? nil : proxy
  }
}

/// One entry of `no_proxy`.
///
/// A name covers itself and what is below it (`example.com`, `.example.com` and `*.example.com` are alike, except that
/// the last two do not cover the name itself); an address or a CIDR range covers addresses; `*` covers everything; a port
/// restricts it.
struct ProxyException: Hashable, Sendable {
  private enum Subject: Hashable {
    case everything
    case name(String, includesItself: Bool)
    case addresses([UInt8], prefix: Int)
  }

  private let subject: Subject
  private let port: Int?

  init(_ text: String) {
    let text = text.lowercased()
    if text == "*" {
      (subject, port) = (.everything, nil)
      return
    }
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    if parts.count == 2, let address = IPAddress.bytes(String(parts[0])), let prefix = Int(parts[1]),
      (0...address.count * 8).contains(prefix)
    {
      (subject, port) = (.addresses(address, prefix: prefix), nil)
      return
    }
    if let address = IPAddress.bytes(text) {
      (subject, port) = (.addresses(address, prefix: address.count * 8), nil)
      return
    }
    let colon = text.lastIndex(of: ":")
    let number = colon.flatMap { Int(text[text.index(after: $0)...]) }
    var name = number == nil ? Substring(text) : text[..<(colon ?? text.endIndex)]
    if name.hasPrefix("["), name.hasSuffix("]") { name = name.dropFirst().dropLast() }
    port = number
    if let address = IPAddress.bytes(String(name)) {
      subject = .addresses(address, prefix: address.count * 8)
      return
    }
    let isSuffix = name.hasPrefix(".") || name.hasPrefix("*.")
    if isSuffix { name = name.drop { $0 == "*" || $0 == "." } }
    subject = .name(String(name), includesItself: !isSuffix)
  }

  func covers(_ origin: Origin) -> Bool {
    if let port, port != origin.port { return false }
    switch subject {
    case .everything: return true
    case .name(let name, let includesItself):
      if name.isEmpty { return false }
      return (includesItself && origin.host == name) || origin.host.hasSuffix("." + name)
    case .addresses(let network, let prefix):
      guard let address = IPAddress.bytes(origin.host), address.count == network.count else { return false }
      return (0..<prefix).allSatisfy { bit in
        let mask = UInt8(0x80) >> UInt8(bit % 8)
        return (address[bit / 8] & mask) == (network[bit / 8] & mask)
      }
    }
  }
}
