import Components
import Diagnostics
import Dockerfile
import OCI
import Scheduling

/// Turns components and platforms into a plan. Pure: it sees only what discovery has read.
package struct Planner: Sendable {
  package let set: ComponentSet
  package let names: ImageNames
  /// The platform of this machine.
  package let buildPlatform: Platform
  /// Values for `ARG`, from the command line.
  package let givenArguments: [String: String]
  /// What `git describe` says of each component's source; absent when there is none.
  package let versions: [ComponentName: String]
  /// Components by registry and repository of the image that this run makes of each.
  private let componentsByRepository: [String: ComponentName]

  package init(
    set: ComponentSet, names: ImageNames, buildPlatform: Platform, givenArguments: [String: String] = [:],
    versions: [ComponentName: String] = [:]
  ) {
    self.set = set
    self.names = names
    self.buildPlatform = buildPlatform
    self.givenArguments = givenArguments
    self.versions = versions
    let named = set.components.map(\.name).compactMap { name in
      (try? names.reference(of: name)).map { ($0.name, name) }
    }
    componentsByRepository = Dictionary(named) { first, _ in first }
  }

  /// Plans the selected cells and those that they need.
  ///
  /// - Throws: every diagnostic of every cell at once, cycles between components among them.
  package func plan(_ selected: [SelectedComponent]) throws(DiagnosticsError) -> BuildPlan {
    var diagnostics = set.diagnostics
    var cells: [CellID: Cell] = [:]
    let wanted = selected.flatMap { component in
      component.platforms.map { CellID(component: component.component.name, platform: $0) }
    }
    let selectedIDs = Set(wanted)
    var pending = wanted
    while !pending.isEmpty {
      let id = pending.removeFirst()
      guard cells[id] == nil, let component = set[id.component] else { continue }
      do {
        let cell = try CellPlanner(planner: self, component: component, platform: id.platform)
          .cell(isSelected: selectedIDs.contains(id), warnings: &diagnostics)
        cells[id] = cell
        pending += cell.dependencies
      } catch {
        // One mistake in a file for every architecture is one mistake.
        diagnostics += error.diagnostics.filter { !diagnostics.contains($0) }
      }
    }
    try DiagnosticsError.check(diagnostics)
    return BuildPlan(
      cells: try ordered(cells, wanted: wanted), components: selected, names: names, warnings: diagnostics)
  }

  private func ordered(_ cells: [CellID: Cell], wanted: [CellID]) throws(DiagnosticsError) -> [Cell] {
    let others = cells.keys.filter { !wanted.contains($0) }.sorted()
    let nodes = (wanted + others).compactMap { cells[$0] }.map { TaskGraph.Node($0.id, after: $0.dependencies) }
    do {
      return try TaskGraph(nodes).topologicalOrder.compactMap { cells[$0] }
    } catch .cycle(let ids) {
      let names = ids.map(\.component.description)
      let first = cells[ids[0]]
      throw DiagnosticsError(
        .error(
          "components depend on each other in a circle: " + names.joined(separator: " → "),
          at: set[ids[0].component].map { "\($0.displayPath)/\(first?.recipeName ?? "")" } ?? names[0],
          why: ["each is the base of the next, so none can be built first"],
          help: ["let one of them start from an image outside the set"]))
    } catch {
      preconditionFailure("every dependency was planned: \(error)")
    }
  }

  /// The component that a reference means, when it is the name that this run gives to one.
  func component(named reference: Reference) -> ComponentName? {
    guard reference.digest == nil, (reference.tag ?? .latest) == names.tag else { return nil }
    return componentsByRepository[reference.name]
  }
}
