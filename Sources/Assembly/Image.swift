import Content
import OCI

/// An image in memory: its config and its layers, lowest first, all of which are in a store.
///
/// The config's `rootfs` and the layers always tell of the same stack; change both through `append`.
package struct Image: Hashable, Sendable {
  package private(set) var config: ImageConfig
  package private(set) var layers: [StoredLayer]

  /// An image with no files, for `FROM scratch`.
  package init(platform: Platform) {
    config = ImageConfig(platform: platform)
    layers = []
  }

  /// Reads an image back from its manifest.
  ///
  /// - Throws: `ContentError` when a document is missing or malformed, among it a config whose diffIDs do not match the
  ///   manifest's layers one to one.
  package init(manifest descriptor: Descriptor, in store: ContentStore) throws {
    let manifest = try store.manifest(descriptor)
    config = try store.config(manifest.config)
    guard config.rootfs.diffIDs.count == manifest.layers.count else {
      throw ContentError.malformed(
        descriptor.digest,
        why: "it has \(manifest.layers.count) layers and its config \(config.rootfs.diffIDs.count) diffIDs")
    }
    layers = zip(manifest.layers, config.rootfs.diffIDs).map { StoredLayer(descriptor: $0, diffID: $1) }
  }

  /// The diffIDs, lowest first.
  package var diffIDs: [Digest] { config.rootfs.diffIDs }

  /// Defaults for the container's process; inherited from the base, changed by instructions.
  package var process: ImageConfig.Process {
    get { config.config ?? ImageConfig.Process() }
    set { config.config = newValue }
  }

  /// Adds one instruction's line of history, with the layer that it made if it made one.
  package mutating func append(_ layer: StoredLayer?, history: ImageConfig.History) {
    if let layer {
      layers.append(layer)
      config.rootfs.diffIDs.append(layer.diffID)
    }
    config.history = (config.history ?? []) + [history]
  }

  /// Says when and for what platform the image was made, in place of what the base image said of itself.
  package mutating func stamp(created: String, author: String?, platform: Platform) {
    config.created = created
    if let author { config.author = author }
    (config.os, config.architecture, config.variant) = (platform.os, platform.architecture, platform.variant)
  }
}
