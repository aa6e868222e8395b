import Content
import OCI

/// Rewriting of images in Docker's format into the OCI format, so that one index holds one family of media types.
package enum Conversion {
  /// Where a converted manifest says what it was made from.
  package static let originalDigestAnnotation = "io.imgset.converted-from"

  /// The OCI form of a manifest: the same config and layer bytes under their OCI media types.
  ///
  /// A manifest that is OCI already is returned as it is, byte for byte.
  ///
  /// - Returns: the descriptor of the manifest to list in an index, keeping the platform of `descriptor`.
  /// - Throws: `ContentError` when the manifest is missing or malformed; `Errno`.
  package static func toOCI(_ descriptor: Descriptor, in store: ContentStore) throws -> Descriptor {
    guard descriptor.mediaType == .dockerManifest else { return descriptor }
    var manifest = try store.manifest(descriptor)
    manifest.mediaType = .manifest
    manifest.config.mediaType = manifest.config.mediaType.oci
    manifest.layers = manifest.layers.map { layer in
      var layer = layer
      layer.mediaType = layer.mediaType.oci
      return layer
    }
    manifest.annotations = (manifest.annotations ?? [:])
      .merging([originalDigestAnnotation: descriptor.digest.description]) { $1 }
    var converted = try store.write(manifest, mediaType: .manifest)
    converted.platform = descriptor.platform
    return converted
  }
}
