import AsyncHTTPClient
import FoundationEssentials
import OCI
import Scheduling
import Synchronization

/// Proves to each registry who is asking, in the way it demands, with tokens kept until they expire.
///
/// Implements [Docker registry v2 token authentication](https://distribution.github.io/distribution/spec/auth/token/)
/// and its [OAuth2 variant](https://distribution.github.io/distribution/spec/auth/oauth/) for identity tokens, which go
/// to a token server without that variant as passwords.
final class Authenticator: Sendable {
  private enum Offer: Hashable {
    case basic
    case bearer(realm: RegistryURL, service: String?)
  }

  private struct TokenKey: Hashable {
    let origin: Origin
    let realm: RegistryURL
    let service: String?
    let scopes: [String]
  }

  /// An identity token that its provider has replaced, at the token server that did so.
  private struct Renewal: Hashable {
    let realm: RegistryURL
    let identity: String
  }

  private struct Token {
    let text: String
    let expiry: ContinuousClock.Instant
  }

  private struct State {
    /// What a server demanded last, so that later requests need not be refused first.
    var offers: [Origin: Offer] = [:]
    var tokens: [TokenKey: Token] = [:]
    var renewals: [Renewal: String] = [:]
    /// Token servers that answered POST with 404 or 405.
    var withoutPost: Set<RegistryURL> = []
  }

  private let transport: Transport
  private let credentials: CredentialLookup
  private let retry: RetryPolicy
  private let state = Mutex(State())
  private let requests = SingleFlight<TokenKey, String>(remembers: false)

  init(transport: Transport, credentials: CredentialLookup, retry: RetryPolicy) {
    self.retry = retry
    self.transport = transport
    self.credentials = credentials
  }

  /// The `Authorization` for a request to its registry's own origin; nil as long as the registry asked for none.
  func authorization(for request: RegistryRequest) async throws -> String? {
    guard let offer = state.withLock({ $0.offers[request.endpoint.origin] }) else { return nil }
    return try await authorization(offer, for: request)
  }

  /// Answers a refusal: learns what is demanded, and gives another `Authorization` than the one `rejected`.
  ///
  /// nil when there is nothing better to say, so that the refusal stands.
  func answer(_ challenges: [Challenge], to request: RegistryRequest, rejected: String?) async throws -> String? {
    guard let offer = try Self.offer(in: challenges, for: request) else { return nil }
    state.withLock { state in
      state.offers[request.endpoint.origin] = offer
      // Only the very token that was refused goes: another task may have renewed it already.
      state.tokens = state.tokens.filter { "Bearer \($0.value.text)" != rejected }
    }
    let answer = try await authorization(offer, for: request)
    return answer == rejected ? nil : answer
  }

  /// One line for messages: which credentials were tried, or where they were looked for.
  func hint(for endpoint: Endpoint) async -> String {
    let found = try? await credentials.credential(registry: endpoint.registry, repository: endpoint.repository)
    return found.map { "the \($0) was used" } ?? "no credentials for \(endpoint.registry); \(credentials.hint)"
  }

  private func authorization(_ offer: Offer, for request: RegistryRequest) async throws -> String? {
    let endpoint = request.endpoint
    switch offer {
    case .basic:
      return try await credentials.credential(registry: endpoint.registry, repository: endpoint.repository)?
        .basicAuthorization
    case .bearer(let realm, let service):
      let given = try await credentials.credential(registry: endpoint.registry, repository: endpoint.repository)
      if case .registryToken(let token) = given { return "Bearer \(token)" }
      let key = TokenKey(
        origin: endpoint.origin, realm: realm, service: service, scopes: request.scopes.map(\.description).sorted())
      let cached = state.withLock { state in
        state.tokens[key].flatMap { $0.expiry > .now ? $0.text : nil }
      }
      if let cached { return "Bearer \(cached)" }
      return "Bearer "
        + (try await requests.value(for: key) {
          try await retry.run { try await fetchToken(key, for: request) }
        })
    }
  }

  /// Bearer before Basic.
  ///
  /// - Throws: `RegistryError` for a realm to which credentials must not go.
  private static func offer(in challenges: [Challenge], for request: RegistryRequest) throws -> Offer? {
    if let bearer = challenges.first(where: { $0.scheme == "bearer" }) {
      let text = bearer.parameters["realm"] ?? ""
      guard let realm = RegistryURL(text), mayAsk(realm.origin, on: request.endpoint.origin) else {
        throw RegistryError(
          .protocolViolation, "cannot \(request.purpose)", place: request.place,
          why: [
            "the registry sends us to the token server `\(RegistryMessage.printable(text, limit: 120))`",
            "tokens are fetched by https only, or from the host of a plain HTTP registry itself",
          ])
      }
      return .bearer(realm: realm, service: bearer.parameters["service"])
    }
    return challenges.contains { $0.scheme == "basic" } ? .basic : nil
  }

  /// Whether a token server may be asked on behalf of a registry.
  static func mayAsk(_ realm: Origin, on registry: Origin) -> Bool {
    realm.scheme == .https || (registry.scheme == .http && realm.host == registry.host)
  }

  private func fetchToken(_ key: TokenKey, for request: RegistryRequest) async throws -> String {
    var credential = try await credentials.credential(
      registry: request.endpoint.registry, repository: request.endpoint.repository)
    if case .identityToken(let identity, let user) = credential {
      let renewed = state.withLock { $0.renewals[Renewal(realm: key.realm, identity: identity)] }
      if let renewed { credential = .identityToken(renewed, user: user) }
    }
    let (question, body) = try await ask(key, credential, for: request)
    let (token, refresh) = try Self.parse(body, of: question)
    state.withLock { state in
      state.tokens[key] = token
      // Providers may replace an identity token with each use.
      if let refresh, !refresh.isEmpty, refresh.utf8.count <= 64 << 10, case .identityToken(let old, _) = credential {
        state.renewals[Renewal(realm: key.realm, identity: old)] = refresh
      }
    }
    return token.text
  }

  /// The token server's answer, and the request that it answers: POST for identity tokens where the server takes it,
  /// else GET.
  private func ask(
    _ key: TokenKey, _ credential: Credential?, for request: RegistryRequest
  ) async throws -> (RegistryRequest, [UInt8]) {
    let hint = await hint(for: request.endpoint)
    var question = Self.question(key, for: request)
    if case .identityToken(let identity, _) = credential, !state.withLock({ $0.withoutPost.contains(key.realm) }) {
      question = Self.exchange(identity, key, for: request)
    }
    while true {
      let current = question
      let authorization = current.method == .GET ? credential?.tokenServerAuthorization : nil
      let (status, body, retryAfter) = try await transport.send(current, authorization: authorization) { response in
        let body =
          response.status == .ok
          ? try await response.whole(limit: 1 << 20, request: current) : await response.excerpt()
        return (Int(response.status.code), body, response.retryAfter)
      }
      if status == 200 { return (current, body) }
      guard current.method == .POST, status == 404 || status == 405 else {
        throw RegistryError.status(status, of: current, body: body, retryAfter: retryAfter, credentialHint: hint)
      }
      // A server of the older protocol only.
      _ = state.withLock { $0.withoutPost.insert(key.realm) }
      question = Self.question(key, for: request)
    }
  }

  private static func question(_ key: TokenKey, for request: RegistryRequest) -> RegistryRequest {
    var url = key.realm
    if let service = key.service { url = url.appending(query: "service", service) }
    for scope in key.scopes { url = url.appending(query: "scope", scope) }
    var question = RegistryRequest(.GET, url, of: request.endpoint, to: "get a token to \(request.purpose)")
    question.isForToken = true
    return question
  }

  private static func exchange(_ identity: String, _ key: TokenKey, for request: RegistryRequest) -> RegistryRequest {
    let fields = [
      ("grant_type", "refresh_token"), ("client_id", "imgset"), ("service", key.service ?? ""),
      ("scope", key.scopes.joined(separator: " ")), ("refresh_token", identity),
    ]
    var question = RegistryRequest(
      .POST, key.realm, of: request.endpoint, to: "get a token to \(request.purpose)")
    question.isForToken = true
    question.headers = [("Content-Type", "application/x-www-form-urlencoded")]
    question.body = .bytes(
      Array(fields.map { "\($0)=\(RegistryURL.percentEncoded($1))" }.joined(separator: "&").utf8))
    return question
  }

  private static func parse(_ body: [UInt8], of request: RegistryRequest) throws -> (token: Token, refresh: String?) {
    struct Document: Decodable {
      let token: String?
      let refreshToken: String?
      let accessToken: String?
      let expiresIn: Double?

      enum CodingKeys: String, CodingKey {
        case token
        case accessToken = "access_token"
        case refreshToken = "refresh_token"
        case expiresIn = "expires_in"
      }
    }
    let document = try? CanonicalJSON.decode(Document.self, from: body)
    guard let text = [document?.token, document?.accessToken].compactMap({ $0 }).first(where: { !$0.isEmpty }),
      text.utf8.count <= 64 << 10, text.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
    else {
      throw RegistryError(
        .protocolViolation, "cannot \(request.purpose)", place: request.place, why: ["the answer holds no token"],
        isTransient: true)
    }
    // A tenth of the time is left for the request itself; the protocol's default lifetime is a minute.
    let lifetime = min(max(document?.expiresIn ?? 60, 1), 86_400)
    return (Token(text: text, expiry: .now + .seconds(lifetime * 0.9)), document?.refreshToken)
  }
}
