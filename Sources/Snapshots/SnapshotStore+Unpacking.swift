import Layers
import Linux
import OCI
import SystemPackage

extension SnapshotStore {
  /// A layer as part of a stack.
  package struct LayerIdentity: Hashable, Sendable {
    package var diffID: Digest
    /// Of the stack up to and with this layer.
    package var chainID: Digest

    package init(diffID: Digest, chainID: Digest) {
      self.diffID = diffID
      self.chainID = chainID
    }
  }

  /// The directories of a stack of layers, unpacking what is not there yet; both lowest first. Blocks.
  ///
  /// A layer is kept by its diffID and shared by all images that have it. Only one whose unpacked form depends on what is
  /// below (it lacks parent directories, or links into lower layers) is kept by its chainID. A lock for each layer lets
  /// one task, of all processes, unpack it. A layer that is in the stack several times is returned once, for its topmost
  /// place.
  /// - Parameters:
  ///   - open: starts reading the layer with this index; called only for those that are not unpacked.
  ///   - skipped: told about entries that this process may not make, such as devices in a user namespace.
  package func unpackedStack(
    _ layers: [LayerIdentity], cancellation: CancellationFlag, open: (Int) throws -> LayerReader,
    skipped: (Int, [EntryPath]) -> Void = { _, _ in }
  ) throws -> [FilePath] {
    var paths: [FilePath] = []
    let locks = try directory.ensureDirectory(".locks", permissions: 0o700)
    for (index, layer) in layers.enumerated() {
      if let present = unpacked(layer) {
        paths.append(present)
        continue
      }
      let path = try locks.withLock(layer.diffID.hex, .exclusive) {
        if let present = unpacked(layer) { return present }
        return try unpack(
          layer, over: paths, cancellation: cancellation, open: { try open(index) }, skipped: { skipped(index, $0) })
      }
      paths.append(path)
    }
    // An overlay takes no directory twice. What the lower one of two equal layers shows, the upper one shows as well, so
    // that one is enough.
    return paths.indices.filter { !paths[($0 + 1)...].contains(paths[$0]) }.map { paths[$0] }
  }

  private func unpacked(_ layer: LayerIdentity) -> FilePath? {
    [layer.diffID, layer.chainID].first(where: contains).map(path(of:))
  }

  private func unpack(
    _ layer: LayerIdentity, over lowers: [FilePath], cancellation: CancellationFlag, open: () throws -> LayerReader,
    skipped: ([EntryPath]) -> Void
  ) throws -> FilePath {
    let active = try begin()
    do {
      let base = try MergedView(lowers: lowers.reversed())
      let unpacker = LayerUnpacker(into: active.files, over: base, attributes: attributes)
      try unpacker.unpack(open(), cancellation: cancellation)
      if !unpacker.skipped.isEmpty { skipped(unpacker.skipped) }
      let key = unpacker.dependsOnBase ? layer.chainID : layer.diffID
      try active.commit(as: key)
      return path(of: key)
    } catch {
      try? active.discard()
      throw error
    }
  }
}
