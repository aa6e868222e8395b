import Assembly
import Content
import Execution
import Linux
import OCI
import Planning
import Synchronization

/// The images that are in the store already, for examining a plan without asking any registry.
final class StoredImages: ImageProvider {
  private let store: ContentStore
  private let results = Mutex<[CellID: Descriptor]>([:])

  init(store: ContentStore) { self.store = store }

  func add(_ manifest: Descriptor, for id: CellID) { results.withLock { $0[id] = manifest } }

  func image(_ origin: ImageOrigin) async throws -> Image {
    try await BlockingPool.shared.run { [self] in try Image(manifest: manifest(origin), in: store) }
  }

  /// The manifest of an origin.
  ///
  /// - Throws: `StepMiss` when it has never been pulled or is not whole any more.
  func manifest(_ origin: ImageOrigin) throws -> Descriptor {
    let manifest: Descriptor? =
      switch origin {
      case .cell(let id): results.withLock { $0[id] }
      case .registry(let reference, let platform): try store.records.resolution(of: reference, platform)
      case .layout(let layout, let platform): try LayoutSource(layout: layout).manifest(platform)
      }
    guard let manifest else { throw StepMiss(cause: .neverRun) }
    guard store.containsImage(manifest) else { throw StepMiss(cause: .layerGone) }
    return manifest
  }
}
