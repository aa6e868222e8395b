import Content
import Dockerfile
import Layers
import Linux
import OCI
import Planning
import Scheduling
import Snapshots
import SystemPackage

/// Carries out a RUN: the tree below unpacked and mounted, the command in a container, what it changed as a layer.
struct RunExecutor: Sendable {
  let context: StepContext
  let step: RunStep
  /// Where mounts take their files from that name it, by position of the mount.
  let sources: [Int: StepSource]
  /// For mounts that name nothing.
  let buildContext: BuildContext
  let output: @Sendable (ArraySlice<UInt8>) -> Void

  /// Finds the result or runs the command.
  ///
  /// - Throws: `RunError` when the command fails or cannot be run; as reading and writing layers.
  func run() async throws -> StepOutcome {
    let inputs = try await inputs()
    return try await context.result(inputs) { try await make() }
  }

  /// The layers that a mount takes its files from; nil when they come from a context.
  func layers(ofMount number: Int) -> [StoredLayer]? {
    if case .layers(let layers)? = sources[number] { layers } else { nil }
  }

  /// The context that a mount without layers takes its files from.
  func context(ofMount number: Int) -> BuildContext {
    if case .context(let context)? = sources[number] { context } else { buildContext }
  }

  var isEmulated: Bool { Emulator.isNeeded(for: context.platform) }

  private func make() async throws -> StoredLayer? {
    let machinery = context.machinery
    // What this machine lacks is said before anything is unpacked for it.
    try await machinery.runner.check(context.platform)
    let lowers = try await machinery.unpack(context.layers)
    var mounted: [Int: [FilePath]] = [:]
    for (number, source) in sources {
      if case .layers(let layers) = source { mounted[number] = try await machinery.unpack(layers) }
    }
    let request = try await request(lowers: lowers, mounted: mounted)
    let resource: Resource = isEmulated ? .emulatedCPU : .cpu
    let change = try await machinery.resources.withPermits([resource: 1]) {
      try await machinery.runner.run(request, output: output)
    }
    do {
      return try await commit(change)
    } catch {
      // Removed also when the task is cancelled, hence not as work of the pool, which a cancelled task cannot start.
      try? change.snapshot.discard()
      throw error
    }
  }

  /// Writes the layer of what the command changed, and keeps the changed files as the layer's snapshot.
  private func commit(_ change: StepChange) async throws -> StoredLayer? {
    let time = context.time
    let difference = try await BlockingPool.shared.runCancellable { cancellation in
      try change.difference(latest: time, cancellation: cancellation)
    }
    if difference.entries.isEmpty {
      try await BlockingPool.shared.run { try change.snapshot.discard() }
      return nil
    }
    let layer = try await context.machinery.layers.write(size: difference.size) { writer, cancellation in
      try difference.write(to: writer, cancellation: cancellation)
    }.layer
    try await BlockingPool.shared.run { try change.snapshot.commit(as: layer.diffID) }
    return layer
  }
}

extension StepMachinery {
  /// The directories of a stack of layers, lowest first; those that are not unpacked yet are unpacked.
  func unpack(_ layers: [StoredLayer]) async throws -> [FilePath] {
    try await BlockingPool.shared.runCancellable { [snapshots, store] cancellation in
      let identities = layers.indices.map { index in
        let chain = Digest.chainID(of: layers[...index].map(\.diffID)) ?? layers[index].diffID
        return SnapshotStore.LayerIdentity(diffID: layers[index].diffID, chainID: chain)
      }
      var open: [FileDescriptor] = []
      defer { for blob in open { blob.closeQuietly() } }
      return try snapshots.unpackedStack(identities, cancellation: cancellation) { index in
        let layer = layers[index]
        let blob = try store.open(layer.descriptor.digest)
        open.append(blob)
        return try LayerReader(FileSource(blob), mediaType: layer.descriptor.mediaType, diffID: layer.diffID)
      }
    }
  }
}
