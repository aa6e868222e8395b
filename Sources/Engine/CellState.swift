import OCI
import Planning

/// Whether a cell's result is there already, found without doing anything.
package enum CellState: Hashable, Sendable {
  /// The image is in the store, made from the same inputs; the manifest's descriptor has the platform.
  case upToDate(Descriptor)
  /// Something is to be done: why, and whether it is for the first time.
  case outdated(reason: String, isFirst: Bool)

  /// The manifest, when it is there.
  var manifest: Descriptor? { if case .upToDate(let manifest) = self { manifest } else { nil } }
}
