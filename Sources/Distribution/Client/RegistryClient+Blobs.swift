import AsyncHTTPClient
import Content
import Linux
import NIOCore
import NIOHTTP1
import OCI

extension RegistryClient {
  /// Whether a server has a blob, of the right size where it says so.
  func hasBlob(_ descriptor: Descriptor, at endpoint: Endpoint) async throws -> Bool {
    var request = RegistryRequest(
      .HEAD, endpoint.blob(descriptor.digest), of: endpoint,
      to: "look for blob \(descriptor.digest.short) in \(endpoint.registry)/\(endpoint.repository)",
      scopes: [TokenScope(endpoint.repository, .pullAndPush)])
    request.accepted = [200, 404]
    let isThere = try await perform(request) { response in
      guard response.status == .ok else { return false }
      return response.headers.first(name: "Content-Length").flatMap { Int64($0) }.map { $0 == descriptor.size } ?? true
    }
    if isThere { placements.record(descriptor.digest, at: endpoint, isConfirmed: true) }
    return isThere
  }

  /// Downloads a blob into the store unless it is there; callers that ask at the same time share one download.
  ///
  /// - Returns: whether it was downloaded now.
  /// - Throws: `RegistryError` of the last server asked; `Errno` when the disk fails.
  @discardableResult
  func download(
    _ descriptor: Descriptor, from endpoints: [Endpoint], into store: ContentStore,
    progress: @Sendable (PullEvent) -> Void
  ) async throws -> Bool {
    try Self.checkKept(descriptor.digest)
    return try await downloads.value(for: descriptor.digest) {
      if store.contains(descriptor) {
        progress(.present(descriptor))
        return false
      }
      try await self.fromFirst(of: endpoints) { endpoint in
        try await self.fetch(descriptor, from: endpoint, into: store, progress: progress)
      }
      progress(.received(descriptor))
      return true
    }
  }

  private func fetch(
    _ descriptor: Descriptor, from endpoint: Endpoint, into store: ContentStore,
    progress: @Sendable (PullEvent) -> Void
  ) async throws {
    // Bytes that turn out wrong in the end are fetched again from the first one, but not without end.
    try await settings.retry.run {
      do {
        try await receive(descriptor, from: endpoint, into: store) { progress(.receiving(descriptor, bytes: $0)) }
      } catch let error as ContentError {
        throw RegistryError(
          .corrupt, "cannot download blob \(descriptor.digest.short) of \(endpoint.registry)/\(endpoint.repository)",
          place: "GET \(endpoint.blob(descriptor.digest))", why: ["\(error)"], isTransient: true)
      }
    }
  }

  /// Streams a blob into the store: one batch is hashed and written on the blocking pool while the next one arrives.
  private func receive(
    _ descriptor: Descriptor, from endpoint: Endpoint, into store: ContentStore, progress: (Int64) -> Void
  ) async throws {
    let ingest = try await BlockingPool.shared.run { StreamIngest(try store.ingest()) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      var batch: [ByteBuffer] = []
      var (batched, received) = (0, Int64(0))
      func flush() async throws {
        // Wait for the batch before this one: the ingest has one writer at a time.
        try await group.next()
        let full = batch
        (batch, batched) = ([], 0)
        group.addTask { try await BlockingPool.shared.run { try ingest.write(full) } }
        progress(received)
      }
      var delivery = Delivery(offset: 0)
      try await stream(descriptor, from: [endpoint], &delivery) { piece in
        received += Int64(piece.readableBytes)
        batch.append(piece)
        batched += piece.readableBytes
        if batched >= 1 << 20 { try await flush() }
      }
      try await flush()
      try await group.waitForAll()
    }
    try await BlockingPool.shared.run { try ingest.commit(expecting: descriptor) }
  }
}

extension RegistryClient {
  /// Downloads one blob of the reference's repository into the store, verified, unless it is there.
  ///
  /// - Throws: `RegistryError` of the last server asked; `Errno` when the disk fails.
  package func download(_ descriptor: Descriptor, of reference: Reference, into store: ContentStore) async throws {
    try await download(descriptor, from: try await pullEndpoints(for: reference), into: store) { _ in }
  }
}
