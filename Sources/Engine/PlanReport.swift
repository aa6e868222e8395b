import Components
import OCI
import Planning
import Progress

/// A plan ready to be shown: what would be done, and why.
package struct PlanReport: Sendable {
  package let set: ResolvedSet
  package let plan: BuildPlan
  package let states: [Planning.CellID: CellState]

  /// Whether a build would have nothing to do.
  package var isUpToDate: Bool { states.values.allSatisfy { $0.manifest != nil } }

  /// The matrix for people.
  package var table: PlanTable {
    let settings = set.set.settings
    let components = plan.components.count
    let view = PlanView(plan: plan, states: states)
    var headings = [
      PlanTable.Heading(
        "set", "\(components) components × \(view.platforms.count) architectures (\(settings.platforms.origin))"),
      PlanTable.Heading("dest", "\(settings.imagePrefix) (\(settings.destination.origin))"),
      PlanTable.Heading("tag", "\(plan.names.tag) (\(set.tagOrigin))"),
      PlanTable.Heading("push", "\(settings.push.value ? "yes" : "no") (\(settings.push.origin))"),
      PlanTable.Heading("jobs", "\(settings.jobs.value.shown) (\(settings.jobs.origin))"),
    ]
    let targets = settings.targets.value.map { ($0.component.map { "\($0)=" } ?? "") + $0.stage }
    if !targets.isEmpty {
      headings.append(
        PlanTable.Heading("target", "\(targets.joined(separator: " ")) (\(settings.targets.origin))"))
    }
    if let release = set.release {
      headings.insert(.init("release", "\(release.place) (\(settings.release.origin))"), at: 2)
    }
    var notes: [String] = []
    for cell in plan.cells where !cell.hidden.isEmpty {
      notes.append("\(cell.id): \(cell.recipeName) hides \(cell.hidden.joined(separator: ", "))")
    }
    notes.append("run `imgset build` to apply, `--json` for machines")
    return view.table(headings: headings, notes: notes)
  }

  /// One record for each cell, for machines.
  package var document: PlanDocument {
    let view = PlanView(plan: plan, states: states)
    return PlanDocument(
      destination: plan.names.prefix, tag: plan.names.tag.description,
      cells: plan.cells.map { PlanDocument.Cell($0, states[$0.id], action: view.symbol($0)) })
  }
}

extension SetSettings.Jobs {
  fileprivate var shown: String {
    switch self {
    case .automatic: "automatic"
    case .count(let count): "\(count)"
    }
  }
}

/// A plan as JSON; the version grows when a member changes its meaning or goes.
package struct PlanDocument: Encodable, Sendable {
  let version = 1
  let destination: String
  let tag: String
  let cells: [Cell]

  /// One cell of the plan.
  struct Cell: Encodable, Sendable {
    let cell: String
    let component: String
    let platform: String
    /// `upToDate`, `build`, `rebuild` or `copy`.
    let action: String
    let recipe: String
    /// Why this recipe, and why there is something to do.
    let reasons: [String]
    let hidden: [String]
    let dependsOn: [String]
    let selected: Bool
    /// The image taken unmodified; absent when it is built.
    let image: String?
    /// Digest of the manifest, when it is there.
    let digest: Digest?

    init(_ cell: Planning.Cell, _ state: CellState?, action: PlanTable.Symbol) {
      self.cell = cell.id.description
      component = cell.id.component.description
      platform = cell.id.platform.description
      self.action =
        switch action {
        case .upToDate: "upToDate"
        case .copied: "copy"
        case .added: "build"
        default: "rebuild"
        }
      recipe = cell.recipeName
      var reasons = [cell.reason]
      if case .outdated(let reason, _) = state { reasons.append(reason) }
      self.reasons = reasons
      hidden = cell.hidden
      dependsOn = cell.dependencies.map(\.description)
      selected = cell.isSelected
      if case .take(.registry(let reference, _)) = cell.work { image = reference.description } else { image = nil }
      digest = state?.manifest?.digest
    }
  }
}
