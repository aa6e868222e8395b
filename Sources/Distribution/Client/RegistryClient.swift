import AsyncHTTPClient
import NIOHTTP1
import OCI
import Scheduling
import Synchronization

/// The one client of a run: pulls into and publishes from a content store, over connections, tokens and knowledge
/// about what is where that all its users share.
package final class RegistryClient: Sendable {
  let settings: RegistrySettings
  let transport: Transport
  let authenticator: Authenticator
  let placements = BlobPlacements()
  /// One resolution per reference per run, so that all platforms come from the same index even when a tag moves.
  let resolutions = SingleFlight<Reference, ResolvedManifest>(remembers: true)
  /// One download per blob at a time.
  let downloads = SingleFlight<Digest, Bool>(remembers: false)
  /// One upload per blob and registry at a time; what comes later is a mount.
  let uploads = SingleFlight<Endpoint.Upload, Bool>(remembers: true)
  private let servers = SingleFlight<ServerKey, Origin>(remembers: true)

  private struct ServerKey: Hashable {
    let registry: String
    let isInsecure: Bool
    let hasRule: Bool
  }

  /// Prefer `withRegistryClient`, which also closes the connections.
  init(settings: RegistrySettings) {
    self.settings = settings
    transport = Transport(settings: settings)
    authenticator = Authenticator(transport: transport, credentials: settings.credentials, retry: settings.retry)
  }

  /// Asks, with credentials where they are demanded, following redirects, repeating after passing faults.
  ///
  /// `consume` sees accepted answers only and may be called again when reading one of them fails.
  /// - Throws: `RegistryError` for every other answer, and what `consume` throws.
  func perform<T>(
    _ request: RegistryRequest, _ consume: (HTTPClientResponse) async throws -> T
  ) async throws -> T {
    try await settings.retry.run { try await performOnce(request, consume) }
  }

  /// Demands for credentials that one request answers: a token can expire between its issue and its first use, and one of
  /// several servers behind a name may not know it yet.
  private static let answerLimit = 4

  /// As `perform` without repetition, for steps of a conversation that is repeated as a whole.
  func performOnce<T>(
    _ request: RegistryRequest, _ consume: (HTTPClientResponse) async throws -> T
  ) async throws -> T {
    var request = request
    var authorization = try await authenticator.authorization(for: request)
    var answers = 0
    var redirects = 0
    while true {
      let isHome = request.url.origin == request.endpoint.origin
      let sent = isHome ? authorization : nil
      let step = try await transport.send(request, authorization: sent) { response in
        try await Self.step(response, of: request, mayAnswer: isHome && answers < Self.answerLimit, consume)
      }
      switch step {
      case .value(let value): return value
      case .redirected(let url):
        redirects += 1
        guard redirects <= 5 else { throw Self.violation(request, "more than 5 redirects in a row") }
        request.url = url
      case .challenged(let challenges):
        answers += 1
        guard let answer = try await authenticator.answer(challenges, to: request, rejected: sent) else {
          let hint = await authenticator.hint(for: request.endpoint)
          throw RegistryError.status(401, of: request, body: [], retryAfter: nil, credentialHint: hint)
        }
        guard request.body.isRepeatable else {
          throw RegistryError.status(401, of: request, body: [], retryAfter: nil, credentialHint: nil).passing
        }
        authorization = answer
      case .refused(let status, let body, let retryAfter):
        let hint = isHome ? await authenticator.hint(for: request.endpoint) : nil
        throw RegistryError.status(status, of: request, body: body, retryAfter: retryAfter, credentialHint: hint)
      }
    }
  }

  private enum Step<T> {
    case value(T)
    case redirected(RegistryURL)
    case challenged([Challenge])
    case refused(Int, body: [UInt8], retryAfter: Duration?)
  }

  private static func step<T>(
    _ response: HTTPClientResponse, of request: RegistryRequest, mayAnswer: Bool,
    _ consume: (HTTPClientResponse) async throws -> T
  ) async throws -> Step<T> {
    let status = Int(response.status.code)
    if request.accepted.contains(status) {
      try checkType(of: response, to: request)
      return .value(try await consume(response))
    }
    let body = await response.excerpt()
    switch status {
    case 401 where mayAnswer:
      return .challenged(Challenge.parse(response.headers["WWW-Authenticate"]))
    case 301, 302, 303, 307, 308:
      guard request.method == .GET || request.method == .HEAD else {
        throw violation(request, "a redirect in answer to \(request.method.rawValue)")
      }
      return .redirected(try redirection(response.headers.first(name: "Location"), of: request))
    default: return .refused(status, body: body, retryAfter: response.retryAfter)
    }
  }

  /// Pages for people come from what is in between: a proxy that wants a login, a gateway that is overloaded.
  private static func checkType(of response: HTTPClientResponse, to request: RegistryRequest) throws {
    guard !request.isForBytes, (200..<300).contains(response.status.code),
      response.headers.first(name: "Content-Type")?.lowercased().hasPrefix("text/html") == true
    else { return }
    throw violation(request, "a web page in place of the answer; is there a proxy in between?").passing
  }

  /// Where to ask instead; an encrypted question is not repeated in the clear.
  static func redirection(_ location: String?, of request: RegistryRequest) throws -> RegistryURL {
    guard let location, let url = request.url.resolving(location) else {
      throw violation(request, "a redirect without a usable `Location`")
    }
    guard url.origin.scheme == .https || request.url.origin.scheme == .http else {
      throw violation(request, "a redirect from https to \(url.origin), which is not encrypted")
    }
    return url
  }

  static func violation(_ request: RegistryRequest, _ why: String) -> RegistryError {
    RegistryError(.protocolViolation, "cannot \(request.purpose)", place: request.place, why: [why])
  }

  /// The server to ask for a location, decided once per registry and run.
  ///
  /// HTTPS with verification, except: a loopback address without configuration of its own is plain HTTP, and a
  /// registry configured insecure is HTTPS without verification or, failing that, plain HTTP.
  func endpoint(_ location: RegistriesConfiguration.Location) async throws -> Endpoint {
    let reference = location.reference
    let hasRule = settings.registries.rule(for: reference) != nil
    let key = ServerKey(registry: reference.registry, isInsecure: location.isInsecure, hasRule: hasRule)
    let origin = try await servers.value(for: key) {
      let origin = try await server(key, for: reference)
      let certificates = try await settings.certificates.directories(of: origin.authority)
      settings.trace(
        "\(reference.registry): \(origin)\(location.isInsecure ? ", certificates not checked" : "")"
          + certificates.map { ", certificates of \($0)" }.joined())
      return origin
    }
    return Endpoint(
      registry: reference.registry, repository: reference.repository, origin: origin,
      verifiesCertificates: !location.isInsecure)
  }

  private func server(_ key: ServerKey, for reference: Reference) async throws -> Origin {
    let authority = Endpoint.server(of: key.registry)
    guard let secure = Origin(scheme: .https, authority: authority),
      let plain = Origin(scheme: .http, authority: authority)
    else {
      throw RegistryError(.configuration, "`\(key.registry)` is not a registry", why: ["expected host or host:port"])
    }
    if key.isInsecure { return await speaksTLS(secure, for: reference) ? secure : plain }
    if secure.isLoopback, !key.hasRule {
      // Certificates are filed under the name as written, where the default port of HTTPS goes without saying.
      return try await settings.certificates.isConfigured(secure.authority) ? secure : plain
    }
    return secure
  }

  /// Whether anything answers over TLS, whoever vouches for it; never asked unless the configuration allows plain HTTP.
  private func speaksTLS(_ origin: Origin, for reference: Reference) async -> Bool {
    let endpoint = Endpoint(
      registry: reference.registry, repository: reference.repository, origin: origin, verifiesCertificates: false)
    let ping = RegistryRequest(
      .GET, RegistryURL(origin: origin, target: "/v2/"), of: endpoint, to: "reach \(reference.registry)")
    return (try? await transport.send(ping, authorization: nil) { await $0.excerpt() }) != nil
  }
}

/// Runs `body` with a client and closes its connections afterwards, whether it succeeds, fails or is cancelled.
package func withRegistryClient<R>(
  _ settings: RegistrySettings, _ body: (RegistryClient) async throws -> R
) async throws -> R {
  let client = RegistryClient(settings: settings)
  let result: R
  do {
    result = try await body(client)
  } catch {
    // What the body met says more than a connection that does not close.
    try? await client.transport.shutDown()
    throw error
  }
  try await client.transport.shutDown()
  return result
}
