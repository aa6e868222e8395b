import Components
import Diagnostics
import Distribution
import Linux
import OCI
import Planning
import Sources
import SystemPackage

/// The components of a set and the settings they are built with.
package struct DiscoveredSet: Sendable {
  package let components: ComponentSet
  package let settings: SetSettings
  package let selected: [SelectedComponent]
}

extension Pipeline {
  /// Reads the set's directory and settings, and tells of what is doubtful.
  ///
  /// - Throws: every mistake at once, as `DiagnosticsError`.
  func discover() async throws -> DiscoveredSet {
    let (components, settings, diagnostics) = try await read()
    try DiagnosticsError.check(diagnostics)
    for warning in diagnostics { events(.warning(warning.rendered())) }
    return try await select(components, settings)
  }

  /// Reads the set's directory and settings; what is wrong with them is in the diagnostics.
  ///
  /// - Throws: `DiagnosticsError` when there is no set, or a file of settings that cannot be read at all.
  func read() async throws -> (ComponentSet, SetSettings, [Diagnostic]) {
    let (components, file) = try await BlockingPool.shared.run { [request] in
      let directory: SetDirectory
      do { directory = try SetDirectory(at: request.directory) } catch {
        throw DiagnosticsError(
          .error(
            "no such set", at: "\(request.directory)", why: ["\(error)"], help: ["name a directory with components"]))
      }
      let names = try directory.entries(of: "").filter(\.isFile).map { String(decoding: $0.name, as: UTF8.self) }
      var file: SourceFile?
      if names.contains(SetFile.name) {
        let bytes = try directory.contents(of: SetFile.name, limit: 1 << 20)
        file = SourceFile(name: request.displayPrefix + SetFile.name, bytes: bytes)
      }
      return (try ComponentSet(discovering: directory, displayPrefix: request.displayPrefix), file)
    }
    var diagnostics = components.diagnostics
    let values = try file.map { (file) throws(DiagnosticsError) in (file.name, try SetFile.values(of: file)) }
    let settings = SetSettings(
      flags: request.flags, environment: request.environment, file: values, diagnostics: &diagnostics)
    return (components, settings, diagnostics)
  }

  /// Finds the components that the settings ask for, and the tag.
  ///
  /// - Throws: `DiagnosticsError` for a name that is no component.
  func select(_ components: ComponentSet, _ settings: SetSettings) async throws -> DiscoveredSet {
    let selected = try components.select(settings)
    return DiscoveredSet(components: components, settings: settings, selected: selected)
  }

  /// Works out the cells; pure.
  ///
  /// - Throws: every mistake in every recipe at once.
  func plan(_ resolved: ResolvedSet) throws(DiagnosticsError) -> BuildPlan {
    let plan = try planner(resolved).plan(resolved.set.selected)
    for warning in plan.warnings where !resolved.set.components.diagnostics.contains(warning) {
      events(.warning(warning.rendered()))
    }
    return plan
  }

  /// The planner of a set on this machine.
  ///
  /// - Parameter versions: those of the sources; nil for those of the sources that were resolved.
  /// - Throws: a diagnostic for every context that is none.
  func planner(
    _ resolved: ResolvedSet, versions: [ComponentName: String]? = nil
  ) throws(DiagnosticsError) -> Planner {
    var planner = Planner(
      set: resolved.set.components, names: resolved.names,
      buildPlatform: Platform(architecture: Architecture.host).normalised, givenArguments: request.buildArguments,
      versions: versions ?? resolved.sources.mapValues(\.version), contexts: try contexts(),
      targets: StageTargets(resolved.set.settings.targets.value))
    planner.release = resolved.release?.images
    for files in resolved.set.settings.foreignFiles.value {
      planner.foreignFiles[files.component, default: []].append(files.pattern)
    }
    return planner
  }

  private func contexts() throws(DiagnosticsError) -> [String: NamedContext] {
    var contexts: [String: NamedContext] = [:]
    var diagnostics: [Diagnostic] = []
    for (name, value) in request.contexts.sorted(by: { $0.key < $1.key }) {
      do {
        contexts[name] = try NamedContext(parsing: value, name: name, from: request.workingDirectory)
      } catch {
        diagnostics += error.diagnostics
      }
    }
    try DiagnosticsError.check(diagnostics)
    return contexts
  }
}

extension StageTargets {
  /// The last one counts of several for the same component.
  fileprivate init(_ selections: [StageSelection]) {
    self.init()
    for selection in selections {
      if let component = selection.component {
        byComponent[component] = selection.stage
      } else {
        common = selection.stage
      }
    }
  }
}
