import Content
import OCI

/// Everything that an index or manifest of the store needs at a destination.
struct ImageClosure: Sendable {
  /// Manifests and indexes, each after those it refers to; the root is the last.
  private(set) var manifests: [Descriptor] = []
  /// Configs and layers, each once.
  private(set) var blobs: [Descriptor] = []
  private var seen: Set<Digest> = []

  /// Reads the documents of the store; blocks.
  ///
  /// - Throws: `ContentError` when one is missing or malformed; `RegistryError` when indexes are nested too deep.
  init(of root: Descriptor, in store: ContentStore) throws {
    try add(root, from: store, depth: 0)
  }

  private mutating func add(_ descriptor: Descriptor, from store: ContentStore, depth: Int) throws {
    guard seen.insert(descriptor.digest).inserted else { return }
    guard depth < 8 else {
      throw RegistryError(.corrupt, "cannot publish \(descriptor.digest)", why: ["indexes are nested more than 8 deep"])
    }
    if descriptor.mediaType.isIndex {
      for child in try store.index(descriptor).manifests { try add(child, from: store, depth: depth + 1) }
    } else if descriptor.mediaType.isManifest {
      let manifest = try store.manifest(descriptor)
      for blob in [manifest.config] + manifest.layers where seen.insert(blob.digest).inserted {
        // A layer that lives elsewhere by its own declaration stays there.
        if blob.urls?.isEmpty == false, !store.contains(blob) { continue }
        blobs.append(blob)
      }
    }
    manifests.append(descriptor)
  }
}
