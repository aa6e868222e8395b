import OCI
import SystemPackage

/// Where blobs can be read from: a store, a registry, a layout.
package protocol BlobSource: Sendable {
  /// Streams a blob's bytes in order to `consume`, in pieces of the source's choosing.
  ///
  /// The source need not verify the bytes; whoever stores them does.
  func read(_ descriptor: Descriptor, _ consume: ([UInt8]) async throws -> Void) async throws
}

/// Where blobs can be put: a store, a registry, a layout.
package protocol BlobSink: Sendable {
  /// Whether the blob is there already, so that it need not be sent.
  func contains(_ descriptor: Descriptor) async throws -> Bool

  /// Copies a blob in; on return it is there, whole and verified.
  func write(_ descriptor: Descriptor, from source: any BlobSource) async throws
}
