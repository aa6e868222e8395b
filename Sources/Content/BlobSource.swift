import OCI
import SystemPackage

/// Where blobs can be read from: a store, a registry, a layout.
package protocol BlobSource: Sendable {
  /// Streams a blob's bytes from `offset` on, in order, to `consume`, in pieces of the source's choosing.
  ///
  /// The source need not verify the bytes; whoever stores them does.
  func read(
    _ descriptor: Descriptor, from offset: Int64, _ consume: ([UInt8]) async throws -> Void
  ) async throws
}

extension BlobSource {
  /// Streams the whole blob.
  package func read(_ descriptor: Descriptor, _ consume: ([UInt8]) async throws -> Void) async throws {
    try await read(descriptor, from: 0, consume)
  }
}

/// Where blobs can be put: a store, a registry, a layout.
package protocol BlobSink: Sendable {
  /// Whether the blob is there already, so that it need not be sent.
  func contains(_ descriptor: Descriptor) async throws -> Bool

  /// Makes sure that the blob is there; on return it is, whole and verified.
  @discardableResult
  func write(_ descriptor: Descriptor, from source: any BlobSource) async throws -> BlobOutcome
}

/// How a blob came to be at its destination.
package enum BlobOutcome: Hashable, Sendable {
  /// It was there.
  case present
  /// The destination linked it from another of its repositories.
  case mounted
  /// Its bytes were sent.
  case sent
}
