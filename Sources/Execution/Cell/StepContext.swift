import Content
import Diagnostics
import Layers
import Linux
import OCI
import Planning
import Scheduling
import Snapshots

/// The machinery that the steps of all cells of a run share.
package struct StepMachinery: Sendable {
  package let store: ContentStore
  package let layers: LayerStore
  package let catalog: LayerCatalog
  package let snapshots: SnapshotStore
  package let runner: any StepRunner
  package let resources: ResourcePool
  /// Fetches what ADD names by an address.
  package let remotes: any RemoteFiles
  /// Finds the emulator for a foreign platform.
  package let emulator: @Sendable (Platform) async throws -> Emulator
  package let purpose: Purpose
  /// The set that the cells belong to, so that records of equally named cells of other sets are not taken for theirs.
  package let set: String
  /// What the user gives to commands.
  package let grants: RunGrants
  /// One computation for steps with the same key that cells want at the same time.
  let inFlight = SingleFlight<Digest, StepOutcome>(remembers: true)

  /// What steps are gone through for.
  package enum Purpose: Hashable, Sendable {
    /// To have results: remembered ones where there are, new ones otherwise.
    case build
    /// To have new results; they are remembered.
    case rebuild
    /// To know whether everything is there: nothing is made, and what is missing ends the cell with a `StepMiss`.
    case examine
  }

  package init(
    store: ContentStore, layers: LayerStore, snapshots: SnapshotStore, runner: any StepRunner,
    resources: ResourcePool, remotes: any RemoteFiles, purpose: Purpose, set: String, grants: RunGrants = RunGrants(),
    emulator: @escaping @Sendable (Platform) async throws -> Emulator
  ) {
    self.store = store
    self.layers = layers
    catalog = LayerCatalog(store: store)
    self.snapshots = snapshots
    self.runner = runner
    self.resources = resources
    self.remotes = remotes
    self.emulator = emulator
    self.purpose = purpose
    self.set = set
    self.grants = grants
  }
}

/// What a step came to.
package struct StepOutcome: Hashable, Sendable {
  /// The new layer; nil when the files stayed as they were.
  package var layer: StoredLayer?
  /// Whether the result was there already.
  package var isCached: Bool
}

/// What a step is about to change: the image so far, and where it came from.
struct StepContext: Sendable {
  let machinery: StepMachinery
  /// Layers below, lowest first.
  let layers: [StoredLayer]
  let platform: Platform
  /// The latest time that a file in a layer may have, from the source date epoch.
  let time: Timestamp
  /// Which step this is, for the record: `cli/arm64 0 3`.
  let name: String

  var store: ContentStore { machinery.store }

  /// The cache key's beginning.
  func inputs(_ kind: String) -> CacheInputs {
    var inputs = CacheInputs(kind: kind, parent: .chainID(of: layers.map(\.diffID)), platform: platform)
    inputs["time"] = "\(time.seconds)"
    return inputs
  }

  /// The remembered result for these inputs, when its layer is still in the store.
  func remembered(_ inputs: CacheInputs) throws -> StepOutcome? {
    guard machinery.purpose != .rebuild, let record = try store.records.step(inputs.key) else { return nil }
    if let layer = record.layer, !store.contains(layer.descriptor) { return nil }
    return StepOutcome(layer: record.layer, isCached: true)
  }

  /// While examining, gives up on a step that has never run: finding out its inputs may cost more than it is worth.
  ///
  /// - Throws: `StepMiss` of cause `neverRun`.
  func requireEarlierRun() throws {
    guard machinery.purpose == .examine, try store.records.lastStep(named: name) == nil else { return }
    throw StepMiss(cause: .neverRun)
  }

  /// Remembers a result.
  func remember(_ outcome: StepOutcome, _ inputs: CacheInputs, seconds: Double) throws {
    try store.records.setStep(
      StepRecord(key: inputs.key, name: name, inputs: inputs.canonical, layer: outcome.layer, seconds: seconds))
  }

  /// Why there is no result, compared with the last time that the step had one.
  private func miss(_ inputs: CacheInputs) throws -> StepMiss {
    guard let last = try store.records.lastStep(named: name) else { return StepMiss(cause: .neverRun) }
    let changes = inputs.changes(since: last.inputs)
    return StepMiss(cause: changes.isEmpty ? .layerGone : .changed(changes))
  }

  /// The result for these inputs: remembered, being made by another cell just now, or made by `make`.
  func result(_ inputs: CacheInputs, make: () async throws -> StoredLayer?) async throws -> StepOutcome {
    if let outcome = try remembered(inputs) { return outcome }
    if machinery.purpose == .examine { throw try miss(inputs) }
    return try await machinery.inFlight.value(for: inputs.key) {
      let start = ContinuousClock.now
      let outcome = StepOutcome(layer: try await make(), isCached: false)
      try remember(outcome, inputs, seconds: start.duration(to: .now) / .seconds(1))
      return outcome
    }
  }
}

/// A step whose result is not there, found while examining; the rest of its cell is not there either then.
package struct StepMiss: Error, Hashable {
  package enum Cause: Hashable, Sendable {
    case neverRun
    /// The names of the inputs that differ.
    case changed([String])
    /// The inputs are the same, but the store has lost the layer.
    case layerGone
    /// The step depends on what an address gives, which is asked for in each build.
    case askedAgain(String)
  }

  package let cause: Cause

  package init(cause: Cause) { self.cause = cause }
}
