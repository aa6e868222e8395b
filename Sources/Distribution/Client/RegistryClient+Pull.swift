import Content
import Linux
import OCI

/// What a pull says while it works; several blobs report in between each other.
package enum PullEvent: Sendable {
  /// The blob was in the store already.
  case present(Descriptor)
  /// So many bytes of the blob have come so far; starts again when a download is repeated.
  case receiving(Descriptor, bytes: Int64)
  /// The blob is in the store, verified.
  case received(Descriptor)
}

/// An image of one platform, complete in the store.
package struct PulledImage: Hashable, Sendable {
  /// What the reference named: one image, or the images of several platforms.
  package enum Kind: Hashable, Sendable {
    case manifest
    case index
  }

  /// The reference by the digest of what it named, index or manifest: pull this again to get the same.
  package let pinned: Reference
  package let kind: Kind
  /// The index or manifest that the reference named, with its size and type.
  package let root: Descriptor
  /// The manifest of the image, with its platform.
  package let manifest: Descriptor
  /// The platform that the image's own config claims, which differs from the index's in carelessly made images.
  package let claimedPlatform: Platform
}

extension RegistryClient {
  /// Brings the image of one platform into the store: manifest, config and layers, except what is there already.
  ///
  /// A reference by digest whose content is in the store needs no network. Docker's media types are accepted and kept
  /// byte for byte.
  /// - Parameter withLayers: false to look into an image: its layers are then left where they are.
  /// - Throws: `RegistryError`; of kind `.platform`, with the platforms there are, when the wanted one is missing.
  package func pull(
    _ reference: Reference, platform: Platform, into store: ContentStore, withLayers: Bool = true,
    progress: @escaping @Sendable (PullEvent) -> Void = { _ in }
  ) async throws -> PulledImage {
    let root = try await root(of: reference, in: store)
    let endpoints = try await preferring(root.endpoint, among: pullEndpoints(for: reference))
    let source = PullSource(reference: reference, endpoints: endpoints, store: store, progress: progress)
    let image = try await image(in: root, for: platform, from: source)
    let manifest: Manifest = try Self.decode(image, of: reference)
    let config = try await config(of: manifest, from: source)
    let claimed = config.platform
    var descriptor = image.descriptor
    if root.descriptor.mediaType.isIndex {
      descriptor.platform = image.descriptor.platform ?? platform.normalised
    } else {
      // Without an index the config's word is all there is.
      guard platform.runnable.contains(where: { claimed.isSame(as: $0) }) else {
        throw Self.missing(platform, in: reference, available: [claimed])
      }
      descriptor.platform = claimed
    }
    if withLayers { try await fetchLayers(of: manifest, from: source) }
    return PulledImage(
      pinned: reference.pinned(root.descriptor.digest), kind: root.descriptor.mediaType.isIndex ? .index : .manifest,
      root: root.descriptor, manifest: descriptor, claimedPlatform: claimed)
  }

  /// What a reference names, kept in the store.
  private func root(of reference: Reference, in store: ContentStore) async throws -> ResolvedManifest {
    if let digest = reference.digest, let stored = try await Self.stored(digest, in: store) { return stored }
    let resolved = try await resolve(reference)
    try await Self.keep(resolved, in: store)
    return resolved
  }

  /// The image manifest for a platform: the root itself, or what its index lists, through nested indexes.
  private func image(
    in root: ResolvedManifest, for platform: Platform, from source: PullSource
  ) async throws -> ResolvedManifest {
    var current = root
    // Nested indexes are rare and shallow; a registry could nest them without end.
    for _ in 0..<4 {
      guard current.descriptor.mediaType.isIndex else { break }
      let index: Index = try Self.decode(current, of: source.reference)
      guard index.manifests.count <= Index.widthLimit else {
        throw RegistryError(
          .corrupt, "cannot use \(source.reference)",
          why: ["its index has \(index.manifests.count) entries; \(Index.widthLimit) are the limit"])
      }
      guard let entry = index.entry(for: platform) else {
        throw Self.missing(platform, in: source.reference, available: index.platforms)
      }
      let child = try await document(entry, from: source)
      var descriptor = child.descriptor
      descriptor.platform = entry.platform?.normalised
      current = ResolvedManifest(descriptor: descriptor, bytes: child.bytes, endpoint: child.endpoint)
    }
    guard current.descriptor.mediaType.isManifest else {
      throw RegistryError(
        .corrupt, "cannot use \(source.reference)",
        why: ["\(current.descriptor.digest) is \(current.descriptor.mediaType), not an image"])
    }
    return current
  }

  /// A manifest or index by descriptor, from the store or the registry, kept in the store.
  private func document(_ descriptor: Descriptor, from source: PullSource) async throws -> ResolvedManifest {
    if let stored = try await Self.stored(descriptor.digest, in: source.store) { return stored }
    let pinned = source.reference.pinned(descriptor.digest)
    let resolved = try await resolutions.value(for: pinned) {
      try await self.fromFirst(of: source.endpoints) { endpoint in
        try await self.manifest(descriptor.digest.description, at: endpoint)
      }
    }
    guard resolved.descriptor.size == descriptor.size, resolved.descriptor.mediaType == descriptor.mediaType else {
      throw RegistryError(
        .corrupt, "cannot use \(source.reference)",
        why: [
          "the index says \(descriptor.digest) is \(descriptor.mediaType) of \(descriptor.size) bytes",
          "it is \(resolved.descriptor.mediaType) of \(resolved.descriptor.size) bytes",
        ])
    }
    try await Self.keep(resolved, in: source.store)
    return resolved
  }

  private func config(of manifest: Manifest, from source: PullSource) async throws -> ImageConfig {
    let limit = 8 << 20
    guard manifest.config.size <= limit else {
      throw RegistryError(
        .corrupt, "cannot use \(source.reference)", why: ["its config is larger than \(limit >> 20) MiB"])
    }
    try await download(manifest.config, from: source.endpoints, into: source.store, progress: source.progress)
    do {
      return try await BlockingPool.shared.run { try source.store.config(manifest.config) }
    } catch let error as ContentError {
      throw RegistryError(.corrupt, "cannot use \(source.reference)", why: ["it has no image config: \(error)"])
    } catch let error as DecodingError {
      throw RegistryError(
        .corrupt, "cannot use \(source.reference)",
        why: ["it has no image config: \(RegistryMessage.printable("\(error)", limit: 200))"])
    }
  }

  private func fetchLayers(of manifest: Manifest, from source: PullSource) async throws {
    var seen: Set<Digest> = []
    let layers = manifest.layers.filter { seen.insert($0.digest).inserted }
    try await forEach(layers, atMost: settings.requestsPerServer) { layer in
      try await self.download(layer, from: source.endpoints, into: source.store, progress: source.progress)
    }
  }

  /// The endpoints with the one that is known to have the image first.
  private func preferring(_ first: Endpoint?, among endpoints: [Endpoint]) -> [Endpoint] {
    guard let first else { return endpoints }
    return [first] + endpoints.filter { $0 != first }
  }
}

/// Where the parts of one image come from and go to.
private struct PullSource: Sendable {
  let reference: Reference
  let endpoints: [Endpoint]
  let store: ContentStore
  let progress: @Sendable (PullEvent) -> Void
}

extension RegistryClient {
  /// A manifest in the store; nil when it is not there or is not usable as one.
  fileprivate static func stored(_ digest: Digest, in store: ContentStore) async throws -> ResolvedManifest? {
    try await BlockingPool.shared.run {
      guard let size = store.size(of: digest), size <= ResolvedManifest.sizeLimit,
        let bytes = try? store.read(digest), let type = try? ResolvedManifest.mediaType(of: bytes, contentType: nil)
      else { return nil }
      return ResolvedManifest(
        descriptor: Descriptor(mediaType: type, digest: digest, size: size), bytes: bytes, endpoint: nil)
    }
  }

  fileprivate static func keep(_ manifest: ResolvedManifest, in store: ContentStore) async throws {
    try checkKept(manifest.descriptor.digest)
    try await BlockingPool.shared.run {
      guard !store.contains(manifest.descriptor) else { return }
      let ingest = try store.ingest()
      try ingest.write(manifest.bytes)
      try ingest.commit(expecting: manifest.descriptor)
    }
  }

  /// Refuses what the store does not keep.
  ///
  /// - Throws: `RegistryError`.
  static func checkKept(_ digest: Digest) throws {
    guard digest.algorithm != .sha256 else { return }
    throw RegistryError(
      .configuration, "cannot keep \(digest.algorithm.rawValue):\(digest.hex.prefix(12))… in the store",
      why: ["the store names content by sha256 only"],
      help: "give the image a name by sha256, or copy it as it is with `imgset copy`")
  }

  fileprivate static func decode<T: Decodable>(_ manifest: ResolvedManifest, of reference: Reference) throws -> T {
    do {
      return try CanonicalJSON.decode(T.self, from: manifest.bytes)
    } catch {
      throw RegistryError(
        .corrupt, "cannot use \(reference)",
        why: [
          "\(manifest.descriptor.digest) is malformed: \(RegistryMessage.printable("\(error)", limit: 300))"
        ])
    }
  }

  fileprivate static func missing(
    _ platform: Platform, in reference: Reference, available: [Platform]
  ) -> RegistryError {
    let list = available.map(\.description).joined(separator: ", ")
    return RegistryError(
      .platform, "\(reference) has no image for \(platform)", why: ["it has: \(list.isEmpty ? "none" : list)"],
      help: "name another image for \(platform.shortName), or leave that architecture out")
  }
}

extension Platform {
  /// Whether two normalised platforms name the same machine, whatever the system's version.
  fileprivate func isSame(as other: Platform) -> Bool {
    os == other.os && architecture == other.architecture && variant == other.variant
  }
}
