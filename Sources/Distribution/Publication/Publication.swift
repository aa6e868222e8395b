import Content
import Linux
import OCI

/// A whole set of images on its way to its registries: either every tag moves, or none.
///
/// Phase 1 brings all blobs and manifests of all images to their destinations, by digest. Phase 2 verifies that nothing
/// an index refers to is missing there. Only then phase 3 moves the tags, one after the other in the given order.
package struct Publication: Sendable {
  /// One image and the name it gets.
  package struct Item: Hashable, Sendable {
    /// With a tag.
    package var reference: Reference
    /// The index (or single manifest) in the store.
    package var image: Descriptor

    package init(reference: Reference, image: Descriptor) {
      self.reference = reference
      self.image = image
    }
  }

  /// What has been done when everything went well.
  package struct Report: Hashable, Sendable {
    /// `repository@digest` of each item, in the order given.
    package var published: [Reference]
    /// Bytes of blobs that were sent.
    package var sentBytes: Int64
    /// Bytes of all blobs at all destinations, sent or not.
    package var totalBytes: Int64
    package var counts: [BlobOutcome: Int]
  }

  /// In dependency order: tags move in this order.
  package let items: [Item]

  package init(_ items: [Item]) { self.items = items }

  /// Publishes everything.
  ///
  /// - Throws: `RegistryError`. In phases 1 and 2 no tag has moved; in phase 3 the error lists those that have.
  package func run(
    with client: RegistryClient, from store: ContentStore,
    progress: @escaping @Sendable (PublicationEvent) -> Void = { _ in }
  ) async throws -> Report {
    let shipments = try await plan(client, store)
    let blobs = Self.grouped(shipments)
    let total = blobs.reduce(Int64(0)) { $0 + $1.descriptor.size * Int64($1.endpoints.count) }
    progress(.planned(blobs: blobs.reduce(0) { $0 + $1.endpoints.count }, bytes: total))
    let ledger = PublicationLedger(progress)
    let width = client.settings.requestsPerServer * 2
    try await forEach(blobs, atMost: width) { blob in
      // One destination after the other, so that all but the first can be mounts.
      for endpoint in blob.endpoints { try await ledger.push(blob.descriptor, from: store, to: endpoint, client) }
    }
    try await putManifests(shipments, client, store, width: width)
    progress(.verifying)
    try await verify(shipments, client, width: width)
    try await moveTags(shipments, client, store, progress)
    return Report(
      published: items.map { $0.reference.pinned($0.image.digest) }, sentBytes: ledger.sentBytes, totalBytes: total,
      counts: ledger.counts)
  }

  private func plan(_ client: RegistryClient, _ store: ContentStore) async throws -> [Shipment] {
    var shipments: [Shipment] = []
    for item in items {
      guard item.reference.tag != nil else {
        throw RegistryError(.configuration, "cannot publish to \(item.reference)", why: ["the name has no tag"])
      }
      let endpoint = try await client.endpoint(try client.settings.registries.pushLocation(for: item.reference))
      let closure = try await BlockingPool.shared.run { try ImageClosure(of: item.image, in: store) }
      shipments.append(Shipment(item: item, endpoint: endpoint, closure: closure))
    }
    return shipments
  }

  /// Each blob once for each registry, with its destinations there in the order of the items.
  private static func grouped(_ shipments: [Shipment]) -> [BlobShipment] {
    struct Key: Hashable {
      let origin: Origin
      let digest: Digest
    }
    var result: [BlobShipment] = []
    var positions: [Key: Int] = [:]
    for shipment in shipments {
      for blob in shipment.closure.blobs {
        let key = Key(origin: shipment.endpoint.origin, digest: blob.digest)
        if let position = positions[key] {
          if !result[position].endpoints.contains(shipment.endpoint) {
            result[position].endpoints.append(shipment.endpoint)
          }
        } else {
          positions[key] = result.count
          result.append(BlobShipment(descriptor: blob, endpoints: [shipment.endpoint]))
        }
      }
    }
    return result
  }

  private func putManifests(
    _ shipments: [Shipment], _ client: RegistryClient, _ store: ContentStore, width: Int
  ) async throws {
    // Images before the indexes that list them; indexes in their own order, since they may be nested.
    let images = shipments.flatMap { shipment in shipment.closure.manifests.map { (shipment.endpoint, $0) } }
    try await forEach(images.filter { !$0.1.mediaType.isIndex }, atMost: width) { endpoint, manifest in
      try await client.ensure(manifest, from: store, at: endpoint)
    }
    for (endpoint, index) in images where index.mediaType.isIndex {
      try await client.ensure(index, from: store, at: endpoint)
    }
  }

  private func verify(_ shipments: [Shipment], _ client: RegistryClient, width: Int) async throws {
    for shipment in shipments {
      let endpoint = shipment.endpoint
      @Sendable func require(_ isThere: Bool, _ descriptor: Descriptor) throws {
        guard !isThere else { return }
        throw RegistryError(
          .incomplete, "\(shipment.item.reference) is not complete at its destination",
          why: ["\(descriptor.mediaType) \(descriptor.digest) is not there after it was sent", "no tag was moved"],
          help: "publish again; what is there is not sent twice")
      }
      let unconfirmed = shipment.closure.blobs.filter { !client.placements.isConfirmed($0.digest, at: endpoint) }
      try await forEach(unconfirmed, atMost: width) { blob in
        try require(try await client.hasBlob(blob, at: endpoint), blob)
      }
      try await forEach(shipment.closure.manifests, atMost: width) { manifest in
        guard !client.placements.isConfirmed(manifest.digest, at: endpoint) else { return }
        try require(try await client.manifestDigest(manifest.digest.description, at: endpoint) != nil, manifest)
        client.placements.record(manifest.digest, at: endpoint, isConfirmed: true)
      }
    }
  }

  private func moveTags(
    _ shipments: [Shipment], _ client: RegistryClient, _ store: ContentStore,
    _ progress: @Sendable (PublicationEvent) -> Void
  ) async throws {
    var moved: [String] = []
    for shipment in shipments {
      guard let tag = shipment.item.reference.tag else { continue }
      let image = shipment.item.image
      do {
        if try await client.manifestDigest(tag.description, at: shipment.endpoint) != image.digest {
          let bytes = try await BlockingPool.shared.run { try store.read(image.digest) }
          try await client.put(bytes, image, as: tag.description, at: shipment.endpoint)
          moved.append("\(shipment.item.reference)")
        }
      } catch let error as RegistryError {
        throw error.because(moved.isEmpty ? "no tag was moved" : "tags already moved: \(moved.joined(separator: ", "))")
      }
      client.resolutions.forget(shipment.item.reference)
      progress(.tagged(shipment.item.reference, image.digest))
    }
  }
}

/// One item with its destination and everything that goes there.
private struct Shipment: Sendable {
  let item: Publication.Item
  let endpoint: Endpoint
  let closure: ImageClosure
}

/// One blob with all its destinations at one registry.
private struct BlobShipment: Sendable {
  let descriptor: Descriptor
  var endpoints: [Endpoint]
}

extension RegistryClient {
  /// Puts a manifest of the store at a destination unless it is there, by its digest.
  fileprivate func ensure(_ descriptor: Descriptor, from store: ContentStore, at endpoint: Endpoint) async throws {
    if placements.isConfirmed(descriptor.digest, at: endpoint) { return }
    if try await manifestDigest(descriptor.digest.description, at: endpoint) != nil {
      placements.record(descriptor.digest, at: endpoint, isConfirmed: true)
      return
    }
    let bytes = try await BlockingPool.shared.run { try store.read(descriptor.digest) }
    try await put(bytes, descriptor, as: descriptor.digest.description, at: endpoint)
  }
}
