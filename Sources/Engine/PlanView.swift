import Components
import OCI
import Planning
import Progress

/// A plan with the states of its cells, arranged for people: components as a tree, architectures as columns.
struct PlanView {
  let plan: BuildPlan
  let states: [Planning.CellID: CellState]

  /// Every component of the plan, each below the first one that it needs.
  var rows: [RunPlan.Row] { tree().map { RunPlan.Row($0.name.description, depth: $0.depth) } }

  /// Every platform of a selected cell, in the order asked for.
  var platforms: [Platform] {
    var seen: Set<Platform> = []
    return plan.components.flatMap(\.platforms).filter { seen.insert($0).inserted }
  }

  var counts: PlanCounts {
    var counts = PlanCounts()
    for cell in plan.cells {
      switch symbol(cell) {
      case .upToDate: counts.unchanged += 1
      case .added: counts.added += 1
      case .copied: counts.copied += 1
      default: counts.changed += 1
      }
    }
    return counts
  }

  func table(headings: [PlanTable.Heading], notes: [String]) -> PlanTable {
    let columns = platforms
    let rows = tree().map { name, depth in
      let cells = columns.map { platform -> PlanTable.Cell in
        guard let cell = plan[.init(component: name, platform: platform)] else { return PlanTable.Cell(.excluded) }
        return PlanTable.Cell(symbol(cell), cell.recipeName)
      }
      return PlanTable.Row(name.description, depth: depth, cells: cells, why: why(name))
    }
    return PlanTable(
      headings: headings, columns: columns.map(\.shortName), rows: rows, counts: counts, notes: notes)
  }

  func symbol(_ cell: Cell) -> PlanTable.Symbol {
    guard case .outdated(_, let isFirst) = states[cell.id] else { return .upToDate }
    if case .take = cell.work { return .copied }
    return isFirst ? .added : .changed
  }

  /// What makes work of a component, each reason once, with its architectures when they differ.
  private func why(_ name: ComponentName) -> String {
    var reasons: [(text: String, platforms: [String])] = []
    for cell in plan.cells where cell.id.component == name {
      guard case .outdated(let text, _) = states[cell.id] else { continue }
      if let position = reasons.firstIndex(where: { $0.text == text }) {
        reasons[position].platforms.append(cell.id.platform.shortName)
      } else {
        reasons.append((text, [cell.id.platform.shortName]))
      }
    }
    if reasons.count == 1 { return reasons[0].text }
    return reasons.map { "\($0.text) (\($0.platforms.joined(separator: " ")))" }.joined(separator: ", ")
  }

  private func tree() -> [(name: ComponentName, depth: Int)] {
    var parents: [ComponentName: ComponentName] = [:]
    var names: [ComponentName] = []
    for cell in plan.cells {
      if !names.contains(cell.id.component) { names.append(cell.id.component) }
      if parents[cell.id.component] == nil,
        let parent = cell.dependencies.first(where: { $0.component != cell.id.component })?.component
      {
        parents[cell.id.component] = parent
      }
    }
    var result: [(ComponentName, Int)] = []
    func visit(_ name: ComponentName, _ depth: Int) {
      result.append((name, depth))
      for child in names.sorted() where parents[child] == name { visit(child, depth + 1) }
    }
    for root in names.sorted() where parents[root] == nil { visit(root, 0) }
    return result
  }
}
