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
  /// What the placeholders of a release payload stand for; nil without one.
  package var release: ReleaseImages?
  /// Patterns of files that may be for another architecture than the image they are in.
  package var foreignFiles: [ComponentName: [String]] = [:]
  package let origins: ImageOrigins
  package let targets: StageTargets

  package init(
    set: ComponentSet, names: ImageNames, buildPlatform: Platform, givenArguments: [String: String] = [:],
    versions: [ComponentName: String] = [:], contexts: [String: NamedContext] = [:],
    targets: StageTargets = StageTargets()
  ) {
    self.set = set
    self.names = names
    self.buildPlatform = buildPlatform
    self.givenArguments = givenArguments
    self.versions = versions
    origins = ImageOrigins(set: set, names: names, contexts: contexts)
    self.targets = targets
  }

  /// Plans the selected cells and those that they need.
  ///
  /// - Throws: every diagnostic of every cell at once, cycles between components among them.
  package func plan(_ selected: [SelectedComponent]) throws(DiagnosticsError) -> BuildPlan {
    var diagnostics = set.diagnostics + unknownComponents
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
    diagnostics += unused(by: Array(cells.values))
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
}

extension Planner {
  /// Names of components in contexts and targets that the set does not have.
  private var unknownComponents: [Diagnostic] {
    let contexts = origins.contexts.sorted { $0.key < $1.key }.compactMap { key, context in
      if case .component(let name) = context { (name, "--build-context \(key)=component:\(name)") } else { nil }
    }
    let targets = targets.byComponent.keys.sorted().map { ($0, "--target \($0)=…") }
    return (contexts + targets).filter { set[$0.0] == nil }.map { name, place in
      let names = set.components.map(\.name.description)
      let meant = didYouMean(name.description, among: names).map { ", did you mean `\($0)`?" } ?? ""
      return .error(
        "no component `\(name)`\(meant)", at: place, help: ["components here: " + names.joined(separator: " ")])
    }
  }

  /// Contexts that no recipe of the plan uses, and targets of components that none builds.
  private func unused(by cells: [Cell]) -> [Diagnostic] {
    var used: Set<String> = []
    var built: Set<ComponentName> = []
    for cell in cells {
      guard case .build(let recipe) = cell.work else { continue }
      built.insert(cell.id.component)
      used.formUnion(recipe.stages.images.filter(\.isContext).map(\.reference))
    }
    let contexts = origins.contexts.keys.filter { !used.contains($0) }.sorted().map { key in
      Diagnostic.warning(
        "no recipe uses the build context `\(key)`", at: "--build-context \(key)=…",
        help: ["contexts stand for names in FROM, COPY --from and RUN --mount=from="])
    }
    let targets = targets.byComponent.keys.filter { !built.contains($0) && set[$0] != nil }.sorted().map { name in
      Diagnostic.warning("no Dockerfile of `\(name)` is built, so its target means nothing", at: "--target \(name)=…")
    }
    return contexts + targets
  }

  /// The values that every Dockerfile build of a component gets.
  ///
  /// - Parameter stage: the stage that becomes the image; nil for the last one.
  package func arguments(of component: ComponentName, for platform: Platform, stage: String? = nil) -> BuildArguments {
    let tag = names.tag.description
    var given = ["REGISTRY": names.prefix, "OCP_TAG": tag, "RELEASE_TAG": tag, "OKD_TAG": tag]
    given["VERSION"] = versions[component] ?? ""
    given.merge(givenArguments) { $1 }
    return BuildArguments(given: given, target: platform, build: buildPlatform, stage: stage)
  }
}
