import Content
import OCI

extension Image {
  /// Writes config and manifest to the store; equal images give equal digests.
  ///
  /// Layers that came from Docker's media types are listed under the OCI names, since their bytes are the same.
  ///
  /// - Returns: the manifest's descriptor, with the image's platform.
  /// - Throws: `Errno` when the disk fails.
  package func write(to store: ContentStore) throws -> Descriptor {
    let config = try store.write(config, mediaType: .config)
    let layers = layers.map { layer in
      Descriptor(
        mediaType: layer.descriptor.mediaType.oci, digest: layer.descriptor.digest, size: layer.descriptor.size)
    }
    var descriptor = try store.write(Manifest(config: config, layers: layers), mediaType: .manifest)
    descriptor.platform = self.config.platform
    return descriptor
  }
}
