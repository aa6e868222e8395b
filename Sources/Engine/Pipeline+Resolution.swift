import Components
import Diagnostics
import Distribution
import OCI
import Planning
import Sources

/// A set with everything known that has to be asked for outside the directory: the release, commits and times of sources.
package struct ResolvedSet: Sendable {
  /// With the sources that the release knows.
  package let set: DiscoveredSet
  /// nil when the set takes nothing from a release.
  package let release: Release?
  package let names: ImageNames
  /// Where the tag comes from, for people.
  package let tagOrigin: String
  /// The commit of each component that has a source.
  package internal(set) var sources: [ComponentName: CheckedSource]
}

extension Pipeline {
  /// Finds what the set needs to know from elsewhere: the release payload, and the commits of the sources of components
  /// that are built.
  ///
  /// - Parameter offline: whether no source may be fetched; one that is not here is then left out.
  /// - Throws: `PayloadError` for a release that cannot be used, `RegistryError` for one that cannot be had, `SourceError` when
  ///   a repository or commit cannot be had.
  func resolve(_ found: DiscoveredSet, with client: RegistryClient, offline: Bool) async throws -> ResolvedSet {
    let release = try await release(of: found, with: client)
    let set = try release.map { (release) throws(DiagnosticsError) in try found.taking(release) } ?? found
    var resolved = try await unresolved(set, release)
    let mirrors = GitMirrors(store: store.root, environment: request.environment)
    // A component that nobody selected may be the base of one that is, which only a plan shows.
    var built = Set(set.selected.filter(\.isBuilt).map(\.component.name))
    var pending = built
    while !pending.isEmpty {
      for name in pending.sorted() {
        guard let source = set.components[name]?.source else { continue }
        do {
          resolved.sources[name] = try await mirrors.resolve(source, offline: offline)
        } catch is SourceError where offline {
          events(
            .warning(
              Diagnostic.warning(
                "the source of `\(name)` is not here yet, so its version is not known", at: source.place,
                why: ["\(source.revision) of \(source.repository) is in no mirror of this machine"],
                help: ["`imgset build` fetches it"]
              ).rendered()))
        }
      }
      let planned = try planner(resolved).plan(set.selected).cells.filter(\.isBuilt).map(\.id.component)
      pending = Set(planned).subtracting(built)
      built.formUnion(pending)
    }
    return resolved
  }

  /// A set with its names and none of its sources.
  func unresolved(_ set: DiscoveredSet, _ release: Release? = nil) async throws -> ResolvedSet {
    let (tag, origin) = try await tag(set.settings, release)
    return ResolvedSet(
      set: set, release: release, names: ImageNames(prefix: set.settings.imagePrefix, tag: tag), tagOrigin: origin,
      sources: [:])
  }

  private func tag(_ settings: SetSettings, _ release: Release?) async throws -> (Tag, String) {
    if let tag = settings.tag.value { return (tag, settings.tag.origin.description) }
    if let tag = release?.version.flatMap({ Tag($0) }) { return (tag, "the release's version") }
    if let tag = try await SetVersion.describe(request.directory, environment: request.environment) {
      return (tag, "git describe")
    }
    return (.latest, "default")
  }
}

extension DiscoveredSet {
  /// The same with the sources that a release knows.
  fileprivate func taking(_ release: Release) throws(DiagnosticsError) -> DiscoveredSet {
    let components = components.taking(try release.sources(of: components.components.map(\.name)))
    return DiscoveredSet(components: components, settings: settings, selected: selected.map { $0.within(components) })
  }
}

extension SelectedComponent {
  /// Whether any of its platforms has a Dockerfile as its recipe.
  fileprivate var isBuilt: Bool {
    platforms.contains { platform in
      guard case .dockerfile? = try? component.strategy(for: platform).strategy else { return false }
      return true
    }
  }
}

extension Cell {
  fileprivate var isBuilt: Bool { if case .build = work { true } else { false } }
}
