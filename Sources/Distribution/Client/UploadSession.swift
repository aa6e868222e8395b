import AsyncHTTPClient
import NIOHTTP1
import OCI

/// An upload that a registry has begun, as far as it has come.
///
/// Implements [distribution specification, "Pushing blobs"](https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pushing-blobs).
struct UploadSession: Sendable {
  /// Where the next request goes; changes with every answer.
  var url: RegistryURL
  /// Bytes that the registry has.
  var offset: Int64 = 0
  /// The smallest chunk that the registry takes, except for the last one.
  var minimumChunk: Int64 = 0
  /// Whether a request failed, so that only the registry knows how far it has come.
  var isInDoubt = false
  /// The request that began it, whose endpoint, purpose and scopes all others share.
  let origin: RegistryRequest

  /// A request to the session's present place.
  func request(_ method: HTTPMethod, _ url: RegistryURL) -> RegistryRequest {
    RegistryRequest(method, url, of: origin.endpoint, to: origin.purpose, scopes: origin.scopes)
  }

  /// Takes over what an answer says about place and progress.
  mutating func update(from response: HTTPClientResponse, of request: RegistryRequest) throws {
    if let location = response.headers.first(name: "Location") {
      url = try RegistryClient.uploadLocation(location, of: request)
    }
  }

  /// Bytes that the registry has, from the `Range` of an answer: `0-N` with N the last of them; nil without one.
  ///
  /// `0-0` is what common registries say when they have none.
  static func received(_ response: HTTPClientResponse) -> Int64? {
    guard let range = response.headers.first(name: "Range") else { return nil }
    let text = range.hasPrefix("bytes=") ? range.dropFirst(6) : range[...]
    guard text.hasPrefix("0-"), let last = Int64(text.dropFirst(2)), last >= 0 else { return nil }
    return last == 0 ? 0 : last + 1
  }
}

extension RegistryClient {
  /// Begins an upload.
  func beginUpload(_ descriptor: Descriptor, to endpoint: Endpoint) async throws -> UploadSession {
    var request = RegistryRequest(
      .POST, endpoint.uploads, of: endpoint, to: Self.purpose(descriptor, endpoint),
      scopes: [TokenScope(endpoint.repository, .pullAndPush)])
    request.accepted = [202]
    let question = request
    return try await perform(question) { response in
      _ = await response.excerpt()
      return try Self.session(in: response, of: question)
    }
  }

  /// The session that a `202 Accepted` begins.
  static func session(in response: HTTPClientResponse, of request: RegistryRequest) throws -> UploadSession {
    var session = UploadSession(
      url: try uploadLocation(response.headers.first(name: "Location"), of: request), origin: request)
    session.minimumChunk = response.headers.first(name: "OCI-Chunk-Min-Length").flatMap { Int64($0) } ?? 0
    return session
  }

  /// Where an upload goes on, from the `Location` of an answer.
  static func uploadLocation(_ location: String?, of request: RegistryRequest) throws -> RegistryURL {
    guard let location, let url = request.url.resolving(location) else {
      throw violation(request, "the registry began an upload without a usable `Location`").passing
    }
    guard url.origin.scheme == request.url.origin.scheme else {
      throw violation(request, "the registry wants the upload at \(url.origin), by another scheme")
    }
    return url
  }

  /// How far an interrupted upload has come; nil when the registry knows nothing of it any more.
  func resume(_ session: UploadSession) async throws -> UploadSession? {
    var request = session.request(.GET, session.url)
    request.accepted = [202, 204, 400, 404, 405]
    let question = request
    return try await performOnce(question) { response in
      _ = await response.excerpt()
      guard response.status.code == 204 || response.status.code == 202 else { return nil }
      var session = session
      try session.update(from: response, of: question)
      session.offset = UploadSession.received(response) ?? 0
      session.isInDoubt = false
      return session
    }
  }
}
