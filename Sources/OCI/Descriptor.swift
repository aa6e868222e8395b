/// A pointer to a blob: what it is, its digest and its size in bytes.
///
/// Implements [OCI image specification, "Content Descriptors"](https://github.com/opencontainers/image-spec/blob/v1.1.0/descriptor.md).
package struct Descriptor: Hashable, Sendable, Codable {
  package var mediaType: MediaType
  package var digest: Digest
  /// Size of the blob in bytes, never negative in a valid descriptor.
  package var size: Int64
  package var urls: [String]?
  package var annotations: [String: String]?
  /// Type of the artifact when the descriptor points to an artifact manifest.
  package var artifactType: MediaType?
  /// Platform of the image, only in the entries of an index.
  package var platform: Platform?

  package init(
    mediaType: MediaType, digest: Digest, size: Int64, annotations: [String: String]? = nil, platform: Platform? = nil
  ) {
    self.mediaType = mediaType
    self.digest = digest
    self.size = size
    self.annotations = annotations
    self.platform = platform
  }
}
