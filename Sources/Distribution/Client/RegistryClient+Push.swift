import Content
import Linux
import NIOHTTP1
import OCI

/// Where the bytes of an upload come from.
enum BlobSupply: Sendable {
  /// A file that is verified already.
  case file(OpenFile)
  /// A source that is verified while it is read.
  case source(any BlobSource)
}

extension RegistryClient {
  /// Makes sure that a blob of the store is in a repository: by looking, by mounting, and only then by sending.
  ///
  /// `progress` gets the bytes sent so far, beginning again when an upload is repeated.
  /// - Throws: `RegistryError`; `ContentError.missing` when it is in neither place.
  func push(
    _ descriptor: Descriptor, from store: ContentStore, to endpoint: Endpoint,
    progress: @escaping @Sendable (Int64) -> Void
  ) async throws -> BlobOutcome {
    if placements.isConfirmed(descriptor.digest, at: endpoint) { return .present }
    if try await hasBlob(descriptor, at: endpoint) { return .present }
    return try await send(descriptor, to: endpoint, progress: progress) {
      .file(OpenFile(adopting: try await BlockingPool.shared.run { try store.open(descriptor.digest) }))
    }
  }

  /// Brings a blob that is not there to a repository: by mounting, or else by sending.
  func send(
    _ descriptor: Descriptor, to endpoint: Endpoint, progress: @escaping @Sendable (Int64) -> Void,
    _ supply: () async throws -> BlobSupply
  ) async throws -> BlobOutcome {
    var session: UploadSession?
    if let source = placements.source(of: descriptor.digest, for: endpoint) {
      switch try await mount(descriptor, from: source, to: endpoint) {
      case .mounted:
        placements.record(descriptor.digest, at: endpoint, isConfirmed: false)
        return .mounted
      case .upload(let begun): session = begun
      case .impossible: break
      }
    }
    let outcome = try await upload(
      descriptor, from: try await supply(), to: endpoint, session: session, progress: progress)
    placements.record(descriptor.digest, at: endpoint, isConfirmed: false)
    return outcome
  }

  private enum MountAnswer {
    case mounted
    /// The registry began an upload instead.
    case upload(UploadSession)
    case impossible
  }

  private func mount(
    _ descriptor: Descriptor, from source: Repository, to endpoint: Endpoint
  ) async throws -> MountAnswer {
    var request = RegistryRequest(
      .POST, endpoint.mount(descriptor.digest, from: source), of: endpoint, to: Self.purpose(descriptor, endpoint),
      scopes: [TokenScope(endpoint.repository, .pullAndPush), TokenScope(source, .pull)])
    // Registries without mounts, or without the right to read the other repository, refuse in many ways.
    request.accepted = [201, 202, 400, 401, 403, 404, 405]
    let authorized = try await authorizing(request)
    return try await perform(authorized) { response in
      _ = await response.excerpt()
      switch response.status.code {
      case 201: return .mounted
      case 202: return .upload(try Self.session(in: response, of: request))
      default: return .impossible
      }
    }
  }

  /// A request whose refusal would be taken for an answer must not be the first one that meets a demand for a token.
  private func authorizing(_ request: RegistryRequest) async throws -> RegistryRequest {
    var request = request
    if try await authenticator.authorization(for: request) == nil { request.accepted.remove(401) }
    return request
  }

  static func purpose(_ descriptor: Descriptor, _ endpoint: Endpoint) -> String {
    "upload blob \(descriptor.digest.short) to \(endpoint.registry)/\(endpoint.repository)"
  }
}
