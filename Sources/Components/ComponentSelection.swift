import Diagnostics
import OCI

/// What a user asked for: a component, or one cell of it written `COMPONENT/ARCH`.
package struct ComponentSelection: Hashable, Sendable, CustomStringConvertible {
  /// As typed; whether there is such a component is checked against a set.
  package let name: String
  /// nil for all architectures of the run.
  package let platform: Platform?

  package init(name: String, platform: Platform? = nil) {
    self.name = name
    self.platform = platform
  }

  init(parsing word: String) throws(SettingFault) {
    guard let slash = word.firstIndex(of: "/") else {
      self.init(name: word)
      return
    }
    let platform = try SettingReader.platform(String(word[word.index(after: slash)...]))
    self.init(name: String(word[..<slash]), platform: platform)
  }

  package var description: String { name + (platform.map { "/" + $0.shortName } ?? "") }
}

/// A component with the platforms it is wanted for.
package struct SelectedComponent: Hashable, Sendable {
  package let component: Component
  /// Never empty; in the order of the run's architectures.
  package let platforms: [Platform]

  /// The same selection of a set in which components may have other sources.
  package func within(_ set: ComponentSet) -> SelectedComponent {
    SelectedComponent(component: set[component.name] ?? component, platforms: platforms)
  }
}

extension ComponentSet {
  /// The components and platforms that the settings ask for, in the order of the names.
  ///
  /// A cell that is asked for by name is taken also when its architecture is not among those of the run.
  ///
  /// - Throws: a diagnostic for every name that is no component, with what was probably meant.
  package func select(_ settings: SetSettings) throws(DiagnosticsError) -> [SelectedComponent] {
    guard let wanted = settings.components.value else {
      return components.map { SelectedComponent(component: $0, platforms: settings.platforms.value) }
    }
    var platforms: [String: [Platform]] = [:]
    var diagnostics: [Diagnostic] = []
    for selection in wanted {
      guard components.contains(where: { $0.name.description == selection.name }) else {
        diagnostics.append(unknown(selection.name, at: settings.components.origin))
        continue
      }
      for platform in selection.platform.map({ [$0] }) ?? settings.platforms.value
      where platforms[selection.name]?.contains(platform) != true {
        platforms[selection.name, default: []].append(platform)
      }
    }
    try DiagnosticsError.check(diagnostics)
    let order = settings.platforms.value
    return components.compactMap { component in
      guard let chosen = platforms[component.name.description] else { return nil }
      let listed = order.filter(chosen.contains)
      return SelectedComponent(component: component, platforms: listed + chosen.filter { !order.contains($0) })
    }
  }

  private func unknown(_ name: String, at origin: SettingOrigin) -> Diagnostic {
    let names = components.map(\.name.description)
    let meant = didYouMean(name, among: names).map { ", did you mean `\($0)`?" } ?? ""
    return .error(
      "no component `\(name)`\(meant)", at: origin.place, help: ["components here: " + names.joined(separator: " ")])
  }
}
