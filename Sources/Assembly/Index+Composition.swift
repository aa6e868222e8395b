import Content
import OCI

extension Index {
  /// Composes the index of one component from the manifests of its platforms and writes it to the store.
  ///
  /// Entries are listed in the order given and carry nothing but type, digest, size and platform (design decision D9).
  ///
  /// - Precondition: every descriptor has a platform, no two the same.
  /// - Throws: `Errno` when the disk fails.
  package static func compose(_ images: [Descriptor], in store: ContentStore) throws -> Descriptor {
    let platforms = images.compactMap(\.platform)
    precondition(platforms.count == images.count && Set(platforms).count == images.count, "one image per platform")
    let entries = images.map { image in
      Descriptor(mediaType: image.mediaType, digest: image.digest, size: image.size, platform: image.platform)
    }
    return try store.write(Index(manifests: entries), mediaType: .index)
  }
}
