/// One image of one platform: its config and its layers, lowest first.
///
/// Implements [OCI image specification, "Image Manifest"](https://github.com/opencontainers/image-spec/blob/v1.1.0/manifest.md).
package struct Manifest: Hashable, Sendable, Codable {
  package var schemaVersion = 2
  package var mediaType: MediaType?
  package var artifactType: MediaType?
  package var config: Descriptor
  package var layers: [Descriptor]
  package var subject: Descriptor?
  package var annotations: [String: String]?

  package init(config: Descriptor, layers: [Descriptor], annotations: [String: String]? = nil) {
    mediaType = .manifest
    self.config = config
    self.layers = layers
    self.annotations = annotations
  }
}
