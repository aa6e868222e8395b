import Content
import Linux
import OCI

extension RegistryClient {
  /// Sends the blobs of an image to where a publication will want them, while the rest of the set is still being made.
  ///
  /// No manifest is put and no tag moved, so that nothing is visible before the publication itself; it counts what was
  /// sent here as its own. A blob that several callers bring to one registry is uploaded by the first of them and mounted
  /// by the others.
  /// - Throws: `RegistryError`; a caller may leave it to the publication to meet the same fault again.
  package func sendAhead(
    _ image: Descriptor, to reference: Reference, from store: ContentStore,
    progress: @escaping @Sendable (PublicationEvent) -> Void = { _ in }
  ) async throws {
    let endpoint = try await endpoint(try settings.registries.pushLocation(for: reference))
    let closure = try await BlockingPool.shared.run { try ImageClosure(of: image, in: store) }
    for blob in closure.blobs {
      let upload = Endpoint.Upload(origin: endpoint.origin, digest: blob.digest)
      _ = try await uploads.value(for: upload) {
        try await send(blob, to: endpoint, from: store, progress)
        return true
      }
      if !placements.has(blob.digest, at: endpoint) { try await send(blob, to: endpoint, from: store, progress) }
    }
  }

  private func send(
    _ blob: Descriptor, to endpoint: Endpoint, from store: ContentStore,
    _ progress: @escaping @Sendable (PublicationEvent) -> Void
  ) async throws {
    let outcome = try await push(blob, from: store, to: endpoint) { bytes in
      progress(.sending(blob, to: endpoint, bytes: bytes))
    }
    placements.record(blob.digest, at: endpoint, isConfirmed: false)
    placements.recordAhead(outcome, of: blob.digest, at: endpoint)
    progress(.placed(blob, at: endpoint, outcome))
  }
}

extension Endpoint {
  /// One blob on its way to one registry.
  struct Upload: Hashable {
    let origin: Origin
    let digest: Digest
  }
}
