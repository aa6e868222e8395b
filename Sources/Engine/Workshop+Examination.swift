import Assembly
import Components
import Content
import Diagnostics
import Execution
import Linux
import OCI
import Planning
import Scheduling
import Sources
import SystemPackage

extension Workshop {
  /// Looks at every cell of the plan in order of dependency; nothing is run, pulled or written but records of digests.
  ///
  /// - Throws: `DiagnosticsError` for mistakes in recipes that only show with the base image at hand.
  func examine() async throws -> [CellID: CellState] {
    let graph = try TaskGraph(plan.cells.map { TaskGraph.Node($0.id, after: $0.dependencies) })
    let images = StoredImages(store: store)
    let machinery = machinery(.examine)
    let outcomes = await graph.run(limit: 8, policy: .failFast) { id, dependencies in
      guard let cell = plan[id] else { preconditionFailure("the graph is made of the plan's cells") }
      let state = try await examine(cell, dependencies, images, machinery)
      if let manifest = state.manifest { images.add(manifest, for: id) }
      return state
    }
    var states: [CellID: CellState] = [:]
    for (node, outcome) in zip(graph.nodes, outcomes) {
      switch outcome {
      case .succeeded(let state): states[node.id] = state
      case .failed(let error): throw error
      case .skipped, .cancelled: continue
      }
    }
    try Task.checkCancellation()
    return states
  }

  private func examine(
    _ cell: Cell, _ dependencies: [CellID: CellState], _ images: StoredImages, _ machinery: StepMachinery
  ) async throws -> CellState {
    let last = try store.records.cell(recordName(cell.id))
    let isFirst = last == nil
    if request.ignoresCache { return .outdated(reason: "the cache is left aside", isFirst: isFirst) }
    if let changed = cell.dependencies.first(where: { dependencies[$0]?.manifest == nil }) {
      return .outdated(reason: "\(changed.component) changes", isFirst: isFirst)
    }
    do {
      switch cell.work {
      case .take(let origin):
        if request.refreshesImages { return .outdated(reason: "the registry is asked again", isFirst: isFirst) }
        let manifest = try Conversion.toOCI(try images.manifest(origin), in: store)
        return .upToDate(manifest.on(cell.id.platform))
      case .build(let recipe):
        let (workspace, change) = try await workspace(of: cell)
        if let change { return .outdated(reason: change, isFirst: isFirst) }
        let image = try await run(cell, recipe, in: workspace, machinery, images)
        let manifest = try image.write(to: store)
        // Every layer is there, but what is said of them is new: also what is built on the image changes.
        if let last, last.manifest != manifest.digest {
          return .outdated(reason: "the configuration changes", isFirst: false)
        }
        return .upToDate(manifest.on(cell.id.platform))
      }
    } catch let miss as StepMiss {
      return .outdated(reason: miss.reason, isFirst: isFirst)
    } catch let error where error is DiagnosticsError || error is CancellationError {
      throw error
    } catch {
      // The build meets the same, says what is wrong with it, and fails this cell alone.
      return .outdated(reason: "not known before it is built", isFirst: isFirst)
    }
  }

  private func workspace(of cell: Cell) async throws -> (Workspace, change: String?) {
    guard let component = resolved.set.components[cell.id.component] else {
      preconditionFailure("cells are made of components")
    }
    let found = try await workspaces.examine(try await workspaceRequest(cell, component))
    return (found.workspace, found.change)
  }

  /// Goes through the recipe of a cell with the given machinery.
  func run(
    _ cell: Cell, _ recipe: BuildRecipe, in workspace: Workspace, _ machinery: StepMachinery,
    _ images: any ImageProvider, events: @escaping @Sendable (StepEvent) -> Void = { _ in }
  ) async throws -> Image {
    let directory = try await BlockingPool.shared.run {
      try explaining("open", workspace.directory.bytes) { () throws(Errno) in try Directory(at: workspace.directory) }
    }
    let epoch = try await epoch(of: cell)
    return try await CellExecutor(
      machinery: machinery, id: cell.id, recipe: recipe, context: directory, epoch: epoch, images: images,
      events: events
    ).run()
  }

  private func epoch(of cell: Cell) async throws -> Int64 {
    guard let component = resolved.set.components[cell.id.component] else { return 0 }
    return try await workspaceRequest(cell, component).epoch.seconds
  }

  /// The name under which a cell's last result is remembered.
  func recordName(_ id: CellID) -> String { "\(plan.names.prefix)/\(id.component):\(plan.names.tag) \(id.platform)" }
}

extension Descriptor {
  /// The same content listed for a platform.
  func on(_ platform: Platform) -> Descriptor {
    var descriptor = self
    descriptor.platform = platform
    return descriptor
  }
}
