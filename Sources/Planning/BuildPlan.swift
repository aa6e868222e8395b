import Components
import Diagnostics
import OCI

/// Everything that a run will do, with nothing done yet: cells in an order in which each comes after those it needs.
package struct BuildPlan: Sendable {
  package let cells: [Cell]
  /// Components with a selected cell, in the order of the plan, and the platforms asked for.
  package let components: [SelectedComponent]
  /// What each component's image is called.
  package let names: ImageNames
  /// What is doubtful but builds.
  package let warnings: [Diagnostic]

  /// The components such that each comes after those that its cells need; otherwise by name.
  package var componentsInOrder: [SelectedComponent] {
    var position: [ComponentName: Int] = [:]
    for (number, cell) in cells.enumerated() { position[cell.id.component] = number }
    return components.sorted { (position[$0.component.name] ?? 0) < (position[$1.component.name] ?? 0) }
  }

  package subscript(_ id: CellID) -> Cell? { cells.first { $0.id == id } }
}

/// How the images of a set are named: `prefix/component:tag`.
package struct ImageNames: Hashable, Sendable {
  /// Registry and leading path without a slash at the end: `quay.io/microshift`.
  package let prefix: String
  package let tag: Tag

  package init(prefix: String, tag: Tag) {
    self.prefix = prefix
    self.tag = tag
  }

  /// The reference of a component's image.
  ///
  /// - Throws: `ReferenceError` when prefix and name do not make one.
  package func reference(of component: ComponentName) throws(ReferenceError) -> Reference {
    try Reference(parsing: "\(prefix)/\(component):\(tag)")
  }
}
