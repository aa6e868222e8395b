import OCI

extension ImageCopy {
  /// A new index of the images for some platforms, their entries unchanged and in the old order.
  ///
  /// A single image is itself when it is for the one platform that is asked for.
  /// - Throws: `RegistryError` of kind `.platform` that lists the platforms there are.
  func selecting(_ platforms: [Platform], in root: ResolvedManifest) async throws -> ResolvedManifest {
    guard root.descriptor.mediaType.isIndex else { return try await single(platforms, root) }
    var index: Index = try CopyClosure.decode(root, from: source)
    var chosen: Set<Digest> = []
    for platform in platforms {
      guard let entry = index.entry(for: platform) else { throw missing(platform, available: index.platforms) }
      chosen.insert(entry.digest)
    }
    index.manifests.removeAll { !chosen.contains($0.digest) || $0.platform == nil }
    index.mediaType = index.mediaType ?? root.descriptor.mediaType
    let bytes = try CanonicalJSON.encode(index)
    let descriptor = Descriptor(
      mediaType: root.descriptor.mediaType, digest: RunningDigest.digest(of: bytes, .sha256), size: Int64(bytes.count))
    return ResolvedManifest(descriptor: descriptor, bytes: bytes, endpoint: nil)
  }

  private func single(_ platforms: [Platform], _ root: ResolvedManifest) async throws -> ResolvedManifest {
    let manifest: Manifest = try CopyClosure.decode(root, from: source)
    guard manifest.config.size <= 8 << 20 else {
      throw RegistryError(.corrupt, "cannot copy \(source.name)", why: ["its config is larger than 8 MiB"])
    }
    var bytes: [UInt8] = []
    try await source.read(manifest.config) { bytes += $0 }
    guard RunningDigest.digest(of: bytes, manifest.config.digest.algorithm) == manifest.config.digest,
      let config = try? CanonicalJSON.decode(ImageConfig.self, from: bytes)
    else {
      throw RegistryError(
        .corrupt, "cannot copy one platform of \(source.name)", why: ["it has no image config that says its platform"])
    }
    for platform in platforms where !platform.runnable.contains(config.platform) {
      throw missing(platform, available: [config.platform])
    }
    return root
  }

  private func missing(_ platform: Platform, available: [Platform]) -> RegistryError {
    let list = available.map(\.description).joined(separator: ", ")
    return RegistryError(
      .platform, "\(source.name) has no image for \(platform)", why: ["it has: \(list.isEmpty ? "none" : list)"],
      help: "leave `--platform \(platform.shortName)` out")
  }
}
