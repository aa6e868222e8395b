import Components
import Diagnostics
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
  package let names: ImageNames
  /// Where the tag comes from, for people.
  package let tagOrigin: String
}

/// A set with everything known that has to be asked for outside the directory: commits and times of sources.
package struct ResolvedSet: Sendable {
  package let set: DiscoveredSet
  /// The commit of each component that has a source.
  package let sources: [ComponentName: CheckedSource]
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
    let (tag, origin) = try await tag(settings)
    return DiscoveredSet(
      components: components, settings: settings, selected: selected,
      names: ImageNames(prefix: settings.imagePrefix, tag: tag), tagOrigin: origin)
  }

  private func tag(_ settings: SetSettings) async throws -> (Tag, String) {
    if let tag = settings.tag.value { return (tag, settings.tag.origin.description) }
    if let tag = try await SetVersion.describe(request.directory, environment: request.environment) {
      return (tag, "git describe")
    }
    return (.latest, "default")
  }

  /// Finds the commits of the sources that the selected components name.
  ///
  /// - Parameter offline: whether nothing may be fetched; a source that is not here is then left out.
  /// - Throws: `SourceError` when a repository or commit cannot be had.
  func resolve(_ set: DiscoveredSet, offline: Bool) async throws -> ResolvedSet {
    let mirrors = GitMirrors(store: store.root, environment: request.environment)
    var sources: [ComponentName: CheckedSource] = [:]
    for selected in set.selected {
      guard let source = selected.component.source else { continue }
      do {
        sources[selected.component.name] = try await mirrors.resolve(source, offline: offline)
      } catch let error as SourceError where offline {
        events(.warning(error.diagnostic.rendered()))
      }
    }
    return ResolvedSet(set: set, sources: sources)
  }

  /// Works out the cells; pure.
  ///
  /// - Throws: every mistake in every recipe at once.
  func plan(_ resolved: ResolvedSet) throws(DiagnosticsError) -> BuildPlan {
    let planner = try planner(resolved.set, versions: resolved.sources.mapValues(\.version))
    let plan = try planner.plan(resolved.set.selected)
    for warning in plan.warnings where !resolved.set.components.diagnostics.contains(warning) {
      events(.warning(warning.rendered()))
    }
    return plan
  }

  /// The planner of a set on this machine.
  ///
  /// - Throws: a diagnostic for every context that is none.
  func planner(_ set: DiscoveredSet, versions: [ComponentName: String]) throws(DiagnosticsError) -> Planner {
    Planner(
      set: set.components, names: set.names, buildPlatform: Platform(architecture: Architecture.host).normalised,
      givenArguments: request.buildArguments, versions: versions, contexts: try contexts(),
      targets: StageTargets(set.settings.targets.value))
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
