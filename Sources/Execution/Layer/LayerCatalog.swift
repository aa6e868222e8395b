import Content
import Layers
import Linux
import OCI
import Scheduling

/// What the layers of a store contain, read at most once each and remembered across runs.
package final class LayerCatalog: Sendable {
  private let store: ContentStore
  private let indexes = SingleFlight<Digest, LayerIndex>(remembers: true)
  private let trees = SingleFlight<[Digest], Tree>(remembers: true)

  package init(store: ContentStore) { self.store = store }

  /// The merged tree of a stack of layers, lowest first.
  ///
  /// - Throws: `LayerError` for a damaged layer, `ContentError.missing` for one that is not in the store.
  package func tree(of layers: [StoredLayer]) async throws -> Tree {
    guard let top = layers.last else { return Tree() }
    return try await trees.value(for: layers.map(\.diffID)) {
      let lower = try await tree(of: layers.dropLast())
      let index = try await index(of: top)
      return try await BlockingPool.shared.run { try lower.appending(index) }
    }
  }

  /// What one layer contains, from the records or from its blob.
  func index(of layer: StoredLayer) async throws -> LayerIndex {
    try await indexes.value(for: layer.diffID) {
      try await BlockingPool.shared.run { [store] in
        if let bytes = try store.records.layerIndex(layer.diffID), let index = try? LayerIndex(encoded: bytes) {
          return index
        }
        let file = try store.open(layer.descriptor.digest)
        defer { file.closeQuietly() }
        let (index, _) = try LayerReader.index(
          of: FileSource(file), mediaType: layer.descriptor.mediaType, diffID: layer.diffID)
        try store.records.setLayerIndex(layer.diffID, index.encoded())
        return index
      }
    }
  }
}
