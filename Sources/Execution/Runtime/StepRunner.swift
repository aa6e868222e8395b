import Layers
import Linux
import OCI
import Snapshots

/// Runs the process of a RUN step, so that a build can be tested without root and containers.
package protocol StepRunner: Sendable {
  /// Looks whether steps of a platform can be run at all, before anything is done for one.
  ///
  /// - Throws: `RunError.machineCannot` with what is missing.
  func check(_ platform: Platform) async throws

  /// Runs `request` and returns what it changed; the caller commits or discards that.
  ///
  /// - Parameter output: gets standard output and error in the order they were written, on a thread of the pool.
  /// - Throws: `RunError` when the process failed or could not be started; `CancellationError`.
  func run(
    _ request: RunRequest, output: @escaping @Sendable (ArraySlice<UInt8>) -> Void
  ) async throws -> StepChange
}

/// What a step changed: an upper directory over the snapshots it ran on.
package struct StepChange: Sendable {
  /// Holds the upper directory; to be committed under the layer's diffID, or discarded.
  package var snapshot: ActiveSnapshot
  /// The tree the step ran on.
  package var base: MergedView

  /// Where the runtime mounted something that the tree has no place for; it may have left an empty one.
  package var mountPoints: Set<EntryPath>

  package init(snapshot: ActiveSnapshot, base: MergedView, mountPoints: Set<EntryPath> = []) {
    self.snapshot = snapshot
    self.base = base
    self.mountPoints = mountPoints
  }

  /// The change as entries of a layer; blocks.
  ///
  /// - Parameter latest: later times become this one, `SOURCE_DATE_EPOCH`.
  package func difference(
    latest: Timestamp, cancellation: CancellationFlag = CancellationFlag()
  ) throws -> UpperDiff {
    try UpperDiff(
      of: snapshot.files, over: base, latest: latest, mountPoints: mountPoints, cancellation: cancellation)
  }
}
