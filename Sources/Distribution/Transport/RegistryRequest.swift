import NIOHTTP1
import OCI

/// One question to a registry, before credentials are added: it can be asked again as it is.
struct RegistryRequest: Sendable {
  enum Body: Sendable {
    case none
    case bytes([UInt8])
    /// A part of a file, which can be sent again.
    case file(FileUpload)
    /// Bytes that come from elsewhere while they are sent, once.
    case stream(PieceStream)

    /// Whether a request with this body can be repeated as it is.
    var isRepeatable: Bool { if case .stream = self { false } else { true } }
  }

  /// Which of a server's limits a request counts against: uploads wait for downloads, and both wait for tokens.
  enum Lane: Hashable, Sendable {
    case ordinary
    case upload
    case token
  }

  var method: HTTPMethod
  var url: RegistryURL
  /// Whose credentials may be used, at its own origin only.
  let endpoint: Endpoint
  /// Completes "cannot …" in an error.
  let purpose: String
  /// What a token must allow.
  var scopes: [TokenScope]
  var headers: [(name: String, value: String)] = []
  var body = Body.none
  var lane: Lane {
    switch body {
    case .file, .stream: .upload
    case .none, .bytes: isForToken ? .token : .ordinary
    }
  }
  /// Whether the answer is a blob, whose type is nobody's business as long as its bytes are right.
  var isForBytes = false
  /// Whether this asks for a token, which another request waits for.
  var isForToken = false
  /// Statuses that are answers; any other is an error.
  var accepted: Set<Int> = [200]

  init(
    _ method: HTTPMethod, _ url: RegistryURL, of endpoint: Endpoint, to purpose: String, scopes: [TokenScope]? = nil
  ) {
    self.method = method
    self.url = url
    self.endpoint = endpoint
    self.purpose = purpose
    self.scopes = scopes ?? [TokenScope(endpoint.repository, .pull)]
  }

  /// Method and URL without its query.
  var place: String { "\(method.rawValue) \(url)" }
}

/// What a bearer token must allow: actions on one repository.
///
/// Implements the scopes of
/// [Docker registry v2 token authentication](https://distribution.github.io/distribution/spec/auth/scope/).
struct TokenScope: Hashable, Sendable, CustomStringConvertible {
  enum Access: String, Sendable {
    case pull
    case pullAndPush = "pull,push"
    case delete
  }

  let repository: Repository
  let access: Access

  init(_ repository: Repository, _ access: Access) {
    self.repository = repository
    self.access = access
  }

  var description: String { "repository:\(repository):\(access.rawValue)" }
}
