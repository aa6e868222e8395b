/// The type of a blob's content, as registries and descriptors spell it.
///
/// Implements [OCI image specification, "Media Types"](https://github.com/opencontainers/image-spec/blob/v1.1.0/media-types.md)
/// and the Docker names that mean the same.
package struct MediaType: Hashable, Sendable, Codable, RawRepresentable, CustomStringConvertible {
  package let rawValue: String

  package init(rawValue: String) { self.rawValue = rawValue }

  package init(from decoder: any Decoder) throws {
    rawValue = try decoder.singleValueContainer().decode(String.self)
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }

  package var description: String { rawValue }

  package static let index = MediaType(rawValue: "application/vnd.oci.image.index.v1+json")
  package static let manifest = MediaType(rawValue: "application/vnd.oci.image.manifest.v1+json")
  package static let config = MediaType(rawValue: "application/vnd.oci.image.config.v1+json")
  package static let layer = MediaType(rawValue: "application/vnd.oci.image.layer.v1.tar")
  package static let layerGzip = MediaType(rawValue: "application/vnd.oci.image.layer.v1.tar+gzip")
  package static let layerZstd = MediaType(rawValue: "application/vnd.oci.image.layer.v1.tar+zstd")
  package static let empty = MediaType(rawValue: "application/vnd.oci.empty.v1+json")
  package static let dockerIndex = MediaType(rawValue: "application/vnd.docker.distribution.manifest.list.v2+json")
  package static let dockerManifest = MediaType(rawValue: "application/vnd.docker.distribution.manifest.v2+json")
  package static let dockerConfig = MediaType(rawValue: "application/vnd.docker.container.image.v1+json")
  package static let dockerLayer = MediaType(rawValue: "application/vnd.docker.image.rootfs.diff.tar")
  package static let dockerLayerGzip = MediaType(rawValue: "application/vnd.docker.image.rootfs.diff.tar.gzip")

  /// Whether the content lists manifests of several platforms.
  package var isIndex: Bool { self == .index || self == .dockerIndex }

  /// Whether the content describes one image.
  package var isManifest: Bool { self == .manifest || self == .dockerManifest }

  /// The OCI name of a Docker type with the same content; other types are returned as they are.
  package var oci: MediaType {
    switch self {
    case .dockerIndex: .index
    case .dockerManifest: .manifest
    case .dockerConfig: .config
    case .dockerLayer: .layer
    case .dockerLayerGzip: .layerGzip
    default: self
    }
  }
}
