import Content
import NIOHTTP1
import OCI

/// The state of one upload over all its attempts.
private struct UploadProgress {
  var session: UploadSession?
  /// What has been hashed of a source that is verified on the way.
  var trail: DigestTrail
  /// Whether an attempt came so far that its answer alone may have been lost.
  var mayHaveArrived = false
  /// Largest chunk that the way to the registry has not refused; nil while nothing was refused.
  var chunkLimit: Int64?
}

extension RegistryClient {
  /// Codes with which registries give an upload up; a new one may do better.
  private static let sessionFaults: Set<String> = [
    "DIGEST_INVALID", "SIZE_INVALID", "BLOB_UPLOAD_INVALID", "BLOB_UPLOAD_UNKNOWN",
  ]

  /// Sends a blob: small ones in one request, others in a session that goes on where a fault interrupted it.
  ///
  /// A session that the registry has forgotten, or in which bytes went wrong, is begun again.
  func upload(
    _ descriptor: Descriptor, from supply: BlobSupply, to endpoint: Endpoint, session: UploadSession?,
    progress: @escaping @Sendable (Int64) -> Void
  ) async throws -> BlobOutcome {
    var state = UploadProgress(session: session, trail: DigestTrail(descriptor.digest.algorithm))
    return try await settings.retry.run(progress: { state.session?.offset ?? 0 }) {
      if state.mayHaveArrived, try await hasBlob(descriptor, at: endpoint) { return .sent }
      state.mayHaveArrived = false
      do {
        try await uploadOnce(descriptor, from: supply, to: endpoint, &state, progress)
        return .sent
      } catch let error as RegistryError {
        throw recover(from: error, &state)
      }
    }
  }

  /// Decides what the next attempt begins with, and whether there is one.
  private func recover(from error: RegistryError, _ state: inout UploadProgress) -> RegistryError {
    let isSessionFault = !error.codes.isDisjoint(with: Self.sessionFaults)
    switch error.kind {
    case .status(413):
      let limit = (state.chunkLimit ?? 64 << 20) / 4
      guard limit >= max(1 << 20, state.session?.minimumChunk ?? 0) else { return error }
      state.chunkLimit = limit
      state.session = nil
      return error.passing
    case .corrupt:
      state.session = nil
      return error
    case .status(let status) where status == 404 || status == 416 || (status == 400 && isSessionFault):
      guard state.session != nil else { return error }
      state.session = nil
      return error.passing
    default:
      state.session?.isInDoubt = true
      return error
    }
  }

  private func uploadOnce(
    _ descriptor: Descriptor, from supply: BlobSupply, to endpoint: Endpoint, _ state: inout UploadProgress,
    _ progress: @escaping @Sendable (Int64) -> Void
  ) async throws {
    if let session = state.session, session.isInDoubt { state.session = try await resume(session) }
    if state.session.map({ $0.offset > descriptor.size }) == true { state.session = nil }
    var session: UploadSession
    if let known = state.session { session = known } else { session = try await beginUpload(descriptor, to: endpoint) }
    state.session = session
    let isWhole = session.offset == 0 && descriptor.size <= settings.monolithicLimit && state.chunkLimit == nil
    while !isWhole, session.offset < descriptor.size {
      let count = min(descriptor.size - session.offset, state.chunkLimit ?? .max)
      try await sendChunk(count, of: descriptor, from: supply, &session, &state.trail, progress)
      state.session = session
    }
    state.mayHaveArrived = true
    let url = session.url.appending(query: "digest", descriptor.digest.description)
    var request = session.request(.PUT, url)
    request.headers = [("Content-Type", "application/octet-stream")]
    // Some registries answer 204 where the specification says 201.
    request.accepted = [201, 204]
    guard isWhole else {
      request.body = .bytes([])
      return try await performOnce(request) { response in _ = await response.excerpt() }
    }
    let body = UploadBody(descriptor: descriptor, start: 0, count: descriptor.size, progress: progress)
    try await send(request, body, from: supply, &state.trail) { response in _ = await response.excerpt() }
  }

  private func sendChunk(
    _ count: Int64, of descriptor: Descriptor, from supply: BlobSupply, _ session: inout UploadSession,
    _ trail: inout DigestTrail, _ progress: @escaping @Sendable (Int64) -> Void
  ) async throws {
    let start = session.offset
    var request = session.request(.PATCH, session.url)
    request.headers = [
      ("Content-Type", "application/octet-stream"), ("Content-Range", "\(start)-\(start + count - 1)"),
    ]
    request.accepted = [202, 201, 204]
    let body = UploadBody(descriptor: descriptor, start: start, count: count, progress: progress)
    let question = request
    session = try await send(question, body, from: supply, &trail) { [session] response in
      _ = await response.excerpt()
      var session = session
      try session.update(from: response, of: question)
      session.offset = UploadSession.received(response) ?? start + count
      guard session.offset > start, session.offset <= start + count || count == 1 else {
        throw RegistryClient.violation(question, "the registry says that it has \(session.offset) bytes").passing
      }
      return session
    }
  }
}
