import Components
import Diagnostics
import Linux
import Planning
import Sources
import SystemPackage

extension Pipeline {
  /// Looks at every recipe of the selected components; nothing is built, run or fetched.
  ///
  /// - Throws: `DiagnosticsError` when the set or its settings cannot be read; mistakes in recipes are in the report.
  package func check() async throws -> CheckReport {
    let (components, settings, diagnostics) = try await read()
    let set = try await select(components, settings)
    let planner = try planner(try await unresolved(set), versions: await knownVersions(set))
    return try await BlockingPool.shared.run { [request, store] in
      let directory = try explaining("open the set's directory", request.directory.bytes) { () throws(Errno) in
        try Directory(at: request.directory)
      }
      var check = SetCheck(set, planner: planner, directory: directory, store: store)
      check.run(diagnostics)
      return CheckReport(diagnostics: check.diagnostics, components: set.selected.count, files: check.files)
    }
  }

  /// The versions of the sources that are here; a source that is not has some version, so it gets a word for one.
  private func knownVersions(_ set: DiscoveredSet) async -> [ComponentName: String] {
    let mirrors = GitMirrors(store: store.root, environment: request.environment)
    var versions: [ComponentName: String] = [:]
    for component in set.selected.map(\.component) {
      guard let source = component.source else { continue }
      versions[component.name] = (try? await mirrors.resolve(source, offline: true))?.version ?? "unknown"
    }
    return versions
  }
}
