import Content
import Layers
import Linux
import OCI
import Scheduling

/// Writes layers into the store, with as many cores as there are and one large layer at a time.
///
/// Compression uses every core by itself, so two layers at once would only hold memory twice.
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

  /// Below this many bytes of content a layer is not worth more than one core.
  private static let smallSize: Int64 = 1 << 20

  /// Writes one layer; `fill` adds its entries in path order on a thread that may block.
  ///
  /// - Parameter size: about how many bytes of content there will be.
  /// - Returns: the layer, and its index with every file's digest.
  /// - Throws: what `fill` throws, `Errno` when the disk fails; nothing is stored then.
  package func write(
    size: Int64, _ fill: @escaping @Sendable (LayerWriter, CancellationFlag) throws -> Void
  ) async throws -> (layer: StoredLayer, index: LayerIndex) {
    let workers = size < Self.smallSize ? 1 : workers
    return try await resources.withPermits([.cpu: workers]) {
      try await BlockingPool.shared.runCancellable { [store, compression] cancellation in
        let ingest = try store.ingest(hashing: false)
        defer { ingest.cancel() }
        let writer = try LayerWriter(into: IngestSink(ingest), compression: compression, workers: workers)
        try fill(writer, cancellation)
        let written = try writer.finish()
        try ingest.commit(expecting: written.descriptor, knownDigest: written.digest)
        try store.records.setLayerIndex(written.diffID, written.index.encoded())
        return (StoredLayer(descriptor: written.descriptor, diffID: written.diffID), written.index)
      }
    }
  }
}

/// Lets a layer be written into an ingest.
private final class IngestSink: ByteSink {
  private let ingest: Ingest

  init(_ ingest: Ingest) { self.ingest = ingest }

  func write(_ bytes: UnsafeRawBufferPointer) throws { try ingest.write(bytes) }
}
