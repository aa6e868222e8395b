import Assembly
import Components
import Content
import Distribution
import Execution
import Linux
import OCI
import Planning
import Progress
import Scheduling
import Sources

/// What became of a cell.
package enum CellOutcome: Sendable {
  /// The image's manifest with its platform.
  case done(Descriptor)
  case failed(any Error)
  case skipped(because: Planning.CellID)
  case cancelled
}

extension Workshop {
  /// Carries out the plan: cells that are up to date cost nothing, a failed one takes only its dependants with it.
  func execute(_ states: [Planning.CellID: CellState]) async throws -> [Planning.CellID: CellOutcome] {
    let library = ImageLibrary(
      store: store, client: client, refreshes: request.refreshesImages, report: events)
    let machinery = machinery(request.ignoresCache ? .rebuild : .build)
    let graph = try TaskGraph(plan.cells.map { TaskGraph.Node($0.id, after: $0.dependencies) })
    let outcomes = try await sendingAhead { send in
      await graph.run(limit: jobs) { id, _ in
        guard let cell = plan[id] else { preconditionFailure("the graph is made of the plan's cells") }
        let manifest = try await execute(cell, states[id], library, machinery)
        library.add(manifest, for: id)
        if cell.isSelected { send(manifest, id) }
        return manifest
      }
    }
    var results: [Planning.CellID: CellOutcome] = [:]
    for (node, outcome) in zip(graph.nodes, outcomes) {
      switch outcome {
      case .succeeded(let manifest): results[node.id] = .done(manifest)
      case .failed(let error): results[node.id] = .failed(error)
      case .skipped(let cause):
        results[node.id] = .skipped(because: cause)
        events(.cellFinished(node.id.shown, CellResult(.skipped(because: cause.shown))))
      case .cancelled:
        results[node.id] = .cancelled
        events(.cellFinished(node.id.shown, CellResult(.cancelled)))
      }
    }
    return results
  }

  private func execute(
    _ cell: Cell, _ state: CellState?, _ library: ImageLibrary, _ machinery: StepMachinery
  ) async throws -> Descriptor {
    if case .upToDate(let manifest) = state {
      events(.cellFinished(cell.id.shown, try result(.upToDate, manifest, of: cell, seconds: 0)))
      return manifest
    }
    let start = ContinuousClock.now
    events(.cellStarted(cell.id.shown))
    do {
      let manifest = try await make(cell, library, machinery)
      let seconds = start.duration(to: .now) / .seconds(1)
      let isTaken = if case .take = cell.work { true } else { false }
      events(.cellFinished(cell.id.shown, try result(isTaken ? .copied : .built, manifest, of: cell, seconds: seconds)))
      try store.records.setCell(CellRecord(name: recordName(cell.id), manifest: manifest.digest, seconds: seconds))
      return manifest
    } catch {
      if error is CancellationError || Task.isCancelled { throw CancellationError() }
      let failure = FailureText(error, cell: cell.id).failure
      events(.cellFinished(cell.id.shown, CellResult(.failed(failure), duration: start.duration(to: .now))))
      throw error
    }
  }

  private func make(_ cell: Cell, _ library: ImageLibrary, _ machinery: StepMachinery) async throws -> Descriptor {
    switch cell.work {
    case .take(let origin):
      let manifest = try await library.manifest(origin)
      return try await BlockingPool.shared.run { [store] in
        try Conversion.toOCI(manifest, in: store).on(cell.id.platform)
      }
    case .build(let recipe):
      guard let component = resolved.set.components[cell.id.component] else {
        preconditionFailure("cells are made of components")
      }
      let request = try await workspaceRequest(cell, component)
      let forward: @Sendable ([UInt8]) -> Void = { [events] in events(.output(cell.id.shown, $0 + [0x0A])) }
      return try await workspaces.withWorkspace(request, line: forward) { workspace in
        let image = try await run(cell, recipe, in: workspace, machinery, library) { [events] event in
          events(BuildEvent(event, of: cell.id))
        }
        return try await BlockingPool.shared.run { [store] in try image.write(to: store).on(cell.id.platform) }
      }
    }
  }

  private func result(
    _ outcome: CellResult.Outcome, _ manifest: Descriptor, of cell: Cell, seconds: Double
  ) throws -> CellResult {
    let size = try store.layersSize(of: manifest)
    let last = try store.records.cell(recordName(cell.id))
      .flatMap { store.size(of: $0.manifest) == nil ? nil : $0.manifest }
      .map { try store.layersSize(of: Descriptor(mediaType: .manifest, digest: $0, size: 0)) }
    return CellResult(
      outcome, digest: manifest.digest, size: size, sizeChange: last.map { size - $0 }, duration: .seconds(seconds))
  }
}

extension ContentStore {
  /// Bytes of an image's layers as stored.
  func layersSize(of manifest: Descriptor) throws -> Int64 {
    try self.manifest(manifest).layers.reduce(0) { $0 + $1.size }
  }
}
