import OCI

extension RegistryError {
  /// The statuses after which the same request may succeed: overload and faults of servers in between.
  static let transientStatuses: Set<Int> = [408, 425, 429, 500, 502, 503, 504]

  /// An answer whose status is an error; `body` is what the registry said, at most a few KiB of it.
  static func status(
    _ status: Int, of request: RegistryRequest, body: [UInt8], retryAfter: Duration?, credentialHint: String?
  ) -> RegistryError {
    let said = RegistryMessage.parse(body)
    var why = ["the registry answered \(status)\(said.isEmpty ? excerpt(of: body) : "")"]
    why += said.map(\.description).filter { !$0.isEmpty }
    if status == 401 || status == 403, let credentialHint { why.append(credentialHint) }
    return RegistryError(
      kind: .status(status), what: "cannot \(request.purpose)", place: request.place, why: why,
      help: help(for: status, of: request, said: body),
      // A success of another kind than asked for is somebody else's: the registry's own comes later.
      isTransient: transientStatuses.contains(status) || (200..<300).contains(status), retryAfter: retryAfter,
      codes: Set(said.map(\.code)))
  }

  private static func help(for status: Int, of request: RegistryRequest, said body: [UInt8]) -> String? {
    let registry = request.endpoint.registry
    switch status {
    case 400 where String(decoding: body.prefix(256), as: UTF8.self).lowercased().contains("https server"):
      return "\(registry) speaks HTTPS: put its CA into certs.d/\(registry)/ca.crt"
    case 401:
      return "log in with `skopeo login \(registry)` or `docker login \(registry)`; "
        + "many registries refuse a name that does not exist in the same way"
    case 403: return "ask for access to \(registry)/\(request.endpoint.repository), or log in as someone who has it"
    case 404 where request.method == .GET || request.method == .HEAD:
      return "check the name: `skopeo list-tags docker://\(registry)/\(request.endpoint.repository)`"
    case 413: return "raise the size limit of the proxy in front of \(registry)"
    case 429: return "log in for a higher limit, or try again later"
    default: return nil
    }
  }

  /// The beginning of a body that is no error document, on one line.
  private static func excerpt(of body: [UInt8]) -> String {
    let text = String(decoding: body.prefix(160), as: UTF8.self).split(whereSeparator: \.isWhitespace)
      .joined(separator: " ")
    return text.isEmpty || text.hasPrefix("<") ? "" : ": " + RegistryMessage.printable(text, limit: 120)
  }
}
