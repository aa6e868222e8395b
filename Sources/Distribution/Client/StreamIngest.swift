import Content
import NIOCore
import OCI

/// An ingest on its way between threads; cancelled when it is dropped without a commit.
///
/// `@unchecked Sendable`: who holds it starts each use only after the previous one has ended.
final class StreamIngest: @unchecked Sendable {
  private let ingest: Ingest

  init(_ ingest: Ingest) { self.ingest = ingest }

  deinit { ingest.cancel() }

  func write(_ batch: [ByteBuffer]) throws {
    for piece in batch { try piece.withUnsafeReadableBytes { try ingest.write($0) } }
  }

  /// Puts the content into the store when it is what the descriptor says.
  func commit(expecting descriptor: Descriptor) throws { _ = try ingest.commit(expecting: descriptor) }

  /// Puts the content into the store, whatever it is.
  func commit() throws -> (digest: Digest, size: Int64) { try ingest.commit() }
}
