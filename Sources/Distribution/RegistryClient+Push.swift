import Content
import Linux
import NIOHTTP1
import OCI

/// How a blob came to be at its destination.
package enum BlobOutcome: Hashable, Sendable {
  /// It was there.
  case present
  /// The registry linked it from another of its repositories.
  case mounted
  /// Its bytes were sent.
  case sent
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
    var hasStarted = false
    return try await settings.retry.run {
      // A repeated upload may have arrived the time before, with only its answer lost.
      if try await hasBlob(descriptor, at: endpoint) { return hasStarted ? .sent : .present }
      hasStarted = true
      let outcome = try await pushOnce(descriptor, from: store, to: endpoint, progress: progress)
      placements.record(descriptor.digest, at: endpoint, isConfirmed: false)
      return outcome
    }
  }

  private func pushOnce(
    _ descriptor: Descriptor, from store: ContentStore, to endpoint: Endpoint,
    progress: @escaping @Sendable (Int64) -> Void
  ) async throws -> BlobOutcome {
    if let source = placements.source(of: descriptor.digest, for: endpoint) {
      switch try await mount(descriptor, from: source, to: endpoint) {
      case .mounted: return .mounted
      case .upload(let location): return try await upload(descriptor, from: store, to: location, progress: progress)
      case .impossible: break
      }
    }
    var request = RegistryRequest(
      .POST, endpoint.uploads, of: endpoint, to: Self.purpose(descriptor, endpoint),
      scopes: [TokenScope(endpoint.repository, .pullAndPush)])
    request.accepted = [202]
    let location = try await performOnce(request) { response in
      _ = await response.excerpt()
      return try Self.uploadLocation(response.headers.first(name: "Location"), of: request)
    }
    return try await upload(descriptor, from: store, to: location, progress: progress)
  }

  private enum MountAnswer {
    case mounted
    /// The registry began an upload instead.
    case upload(RegistryRequest)
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
    return try await performOnce(authorized) { response in
      _ = await response.excerpt()
      switch response.status.code {
      case 201: return .mounted
      case 202: return .upload(try Self.uploadLocation(response.headers.first(name: "Location"), of: request))
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

  private func upload(
    _ descriptor: Descriptor, from store: ContentStore, to location: RegistryRequest,
    progress: @escaping @Sendable (Int64) -> Void
  ) async throws -> BlobOutcome {
    let file = OpenBlob(adopting: try await BlockingPool.shared.run { try store.open(descriptor.digest) })
    let counter = ByteCounter(progress)
    var request = location
    request.url = request.url.appending(query: "digest", descriptor.digest.description)
    request.headers = [("Content-Type", "application/octet-stream")]
    request.body = .blob(
      BlobUpload(file: file, size: descriptor.size, progress: { counter.add($0) }, loop: transport.loop))
    request.accepted = [201]
    try await performOnce(request) { response in _ = await response.excerpt() }
    return .sent
  }

  private static func purpose(_ descriptor: Descriptor, _ endpoint: Endpoint) -> String {
    "upload blob \(descriptor.digest.short) to \(endpoint.registry)/\(endpoint.repository)"
  }

  /// The request that sends the bytes, from the `Location` of the one that began the upload.
  static func uploadLocation(_ location: String?, of request: RegistryRequest) throws -> RegistryRequest {
    guard let location, let url = request.url.resolving(location) else {
      throw violation(request, "the registry began an upload without a usable `Location`")
    }
    guard url.origin.scheme == request.url.origin.scheme else {
      throw violation(request, "the registry wants the upload at \(url.origin), by another scheme")
    }
    return RegistryRequest(
      .PUT, url, of: request.endpoint, to: request.purpose,
      scopes: [TokenScope(request.endpoint.repository, .pullAndPush)])
  }
}
