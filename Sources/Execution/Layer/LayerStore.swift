import Content
import Layers
import Linux
import OCI
import Scheduling

/// Writes layers into the store: a large one on all cores by itself, as many small ones at once as there are cores.
package struct LayerStore: Sendable {
  package let store: ContentStore
  let resources: ResourcePool
  /// Threads that compress; the bytes do not depend on it.
  let workers: Int
  let compression: Compression

  package init(store: ContentStore, resources: ResourcePool, workers: Int, compression: Compression = .default) {
    self.store = store
    self.resources = resources
    self.workers = workers
    self.compression = compression
  }

  /// A layer of less content is compressed on one core, so that several are written at once: that keeps the cores busier than
  /// one layer after the other on all of them.
  private static let smallSize: Int64 = 64 << 20

  /// Writes one layer; `fill` adds its entries in path order on a thread that may block.
  ///
  /// - Parameter size: about how many bytes of content there will be.
  /// - Returns: the layer, and its index with every file's digest.
  /// - Throws: what `fill` throws, `Errno` when the disk fails; nothing is stored then.
  package func write(
    size: Int64, _ fill: @escaping @Sendable (LayerWriter, CancellationFlag) throws -> Void
  ) async throws -> (layer: StoredLayer, index: LayerIndex) {
    let workers = size < Self.smallSize ? 1 : workers
    let pending = try await resources.withPermits([.cpu: workers]) {
      try await BlockingPool.shared.runCancellable { [store, compression] cancellation in
        let ingest = try store.ingest(hashing: false)
        let writer = try LayerWriter(into: IngestSink(ingest), compression: compression, workers: workers)
        try fill(writer, cancellation)
        return PendingLayer(ingest: ingest, written: try writer.finish())
      }
    }
    // The disk is waited for without holding the cores.
    return try await BlockingPool.shared.run { [store] in
      let written = pending.written
      try pending.ingest.commit(expecting: written.descriptor, knownDigest: written.digest)
      try store.records.setLayerIndex(written.diffID, written.index.encoded())
      return (StoredLayer(descriptor: written.descriptor, diffID: written.diffID), written.index)
    }
  }
}

/// A layer that is written but not yet in the store; gone when it is dropped.
///
/// `@unchecked Sendable` because the ingest is handed from one thread of the pool to the next and never used by two at once.
private struct PendingLayer: @unchecked Sendable {
  let ingest: Ingest
  let written: WrittenLayer
}

/// Lets a layer be written into an ingest.
private final class IngestSink: ByteSink {
  private let ingest: Ingest

  init(_ ingest: Ingest) { self.ingest = ingest }

  func write(_ bytes: UnsafeRawBufferPointer) throws { try ingest.write(bytes) }
}
