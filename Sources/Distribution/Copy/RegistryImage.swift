import Content
import NIOCore
import OCI

/// One name in a registry as a place to copy from or to.
package struct RegistryImage: Sendable {
  let client: RegistryClient
  let reference: Reference

  /// Asks nothing yet.
  package init(_ reference: Reference, client: RegistryClient) {
    self.client = client
    self.reference = reference
  }

  package var name: String { "\(reference)" }

  private func destination() async throws -> Endpoint {
    try await client.endpoint(try client.settings.registries.pushLocation(for: reference))
  }
}

extension RegistryImage: CopySource {
  package func root() async throws -> ResolvedManifest {
    let resolved = try await client.resolve(reference)
    remember(resolved)
    return resolved
  }

  package func document(_ descriptor: Descriptor) async throws -> ResolvedManifest? {
    guard descriptor.size <= ResolvedManifest.sizeLimit else { return nil }
    do {
      let found = try await client.resolve(reference.pinned(descriptor.digest))
      guard found.descriptor.size == descriptor.size else {
        throw RegistryError(
          .corrupt, "cannot copy \(reference)",
          why: ["\(descriptor.digest) has \(found.descriptor.size) bytes instead of \(descriptor.size)"])
      }
      remember(found)
      return found
    } catch let error as RegistryError where error.kind == .status(404) {
      return nil
    }
  }

  package func referrers(of digests: [Digest]) async throws -> [Descriptor] {
    try await withThrowingTaskGroup(of: (Int, [Descriptor]).self) { group in
      var found: [[Descriptor]] = digests.map { _ in [] }
      for (position, digest) in digests.enumerated() {
        if position >= 6, let (done, list) = try await group.next() { found[done] = list }
        group.addTask { (position, try await client.referrers(of: digest, in: reference)) }
      }
      for try await (done, list) in group { found[done] = list }
      return found.flatMap { $0 }
    }
  }

  /// Streams a blob from the first server that has it; after a fault it goes on where it was interrupted.
  ///
  /// - Throws: `RegistryError`, and what `consume` throws.
  package func read(
    _ descriptor: Descriptor, from offset: Int64, _ consume: ([UInt8]) async throws -> Void
  ) async throws {
    var delivery = RegistryClient.Delivery(offset: offset)
    try await client.stream(descriptor, from: try await client.pullEndpoints(for: reference), &delivery) { piece in
      try await consume(Array(piece.readableBytesView))
    }
  }

  /// A repository that has a manifest has the blobs it names, so they can be mounted from there.
  private func remember(_ manifest: ResolvedManifest) {
    guard let endpoint = manifest.endpoint, manifest.descriptor.mediaType.isManifest,
      let document = try? CanonicalJSON.decode(Manifest.self, from: manifest.bytes)
    else { return }
    for blob in [document.config] + document.layers where blob.urls?.isEmpty != false {
      client.placements.record(blob.digest, at: endpoint, isConfirmed: false)
    }
  }
}

extension RegistryImage: CopyDestination {
  package func contains(_ descriptor: Descriptor) async throws -> Bool {
    let endpoint = try await destination()
    if client.placements.has(descriptor.digest, at: endpoint) { return true }
    // Mounting answers the question and mends the answer at once.
    if client.placements.source(of: descriptor.digest, for: endpoint) != nil { return false }
    return try await client.hasBlob(descriptor, at: endpoint)
  }

  /// Mounts the blob from a repository of the same registry that has it, else sends it; one upload at a time for each
  /// blob and registry.
  package func write(_ descriptor: Descriptor, from source: any BlobSource) async throws -> BlobOutcome {
    let endpoint = try await destination()
    let upload = Endpoint.Upload(origin: endpoint.origin, digest: descriptor.digest)
    var outcome = BlobOutcome.present
    _ = try await client.uploads.value(for: upload) {
      outcome = try await client.send(descriptor, to: endpoint, progress: { _ in }) { .source(source) }
      return true
    }
    if !client.placements.has(descriptor.digest, at: endpoint) {
      outcome = try await client.send(descriptor, to: endpoint, progress: { _ in }) { .source(source) }
    }
    return outcome
  }

  package func contains(manifest: Descriptor) async throws -> Bool {
    let endpoint = try await destination()
    if client.placements.isConfirmed(manifest.digest, at: endpoint) { return true }
    guard try await client.manifestDigest(manifest.digest.description, at: endpoint) != nil else { return false }
    client.placements.record(manifest.digest, at: endpoint, isConfirmed: true)
    return true
  }

  package func put(_ manifest: ResolvedManifest) async throws {
    let digest = manifest.descriptor.digest.description
    try await client.putListed(manifest.bytes, manifest.descriptor, as: digest, at: try await destination())
  }

  package func attach(_ manifest: ResolvedManifest) async throws { try await put(manifest) }

  package func publish(_ manifest: ResolvedManifest) async throws -> String {
    let endpoint = try await destination()
    let digest = manifest.descriptor.digest
    if let wanted = reference.digest, wanted != digest {
      throw RegistryError(
        .configuration, "cannot copy to \(reference)", why: ["the digest of the image is \(digest)"],
        help: "copy to \(reference.name) with a tag")
    }
    try await client.putListed(
      manifest.bytes, manifest.descriptor, as: reference.manifestSelector, at: endpoint)
    client.resolutions.forget(reference)
    return "\(reference.name)@\(digest)"
  }
}
