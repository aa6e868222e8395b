import Components
import OCI
import SystemPackage

/// The directory that one cell is built from.
package struct Workspace: Sendable {
  /// Whether `build_binaries` was run for the workspace.
  package enum Script: Hashable, Sendable {
    /// The component has none.
    case none
    /// Nothing that it depends on has changed since its last run.
    case upToDate
    /// It ran; carries the change that made it necessary: `first build`, `version changed`, `src/a.c changed`.
    case ran(because: String)
  }

  /// The build context: the component's own directory, or the private copy of it.
  package let directory: FilePath
  package let script: Script
}

/// What is needed to make the workspace of one cell.
package struct WorkspaceRequest: Sendable {
  package let component: Component
  package let platform: Platform
  /// The commit to check out to `src/`, nil for a component without a repository.
  package let source: CheckedSource?
  /// Value of `VERSION`.
  package let version: String
  package let epoch: SourceDateEpoch
  /// The component's files, from `Workspaces.files(of:)`; the same for all platforms.
  package let files: FileListing

  package init(
    component: Component, platform: Platform, source: CheckedSource? = nil, version: String? = nil,
    epoch: SourceDateEpoch, files: FileListing
  ) {
    self.component = component
    self.platform = platform.normalised
    self.source = source
    self.version = version ?? source?.version ?? ""
    self.epoch = epoch
    self.files = files
  }

  /// What the script is told, and what its result depends on besides files.
  var facts: [(String, String)] {
    [
      ("component", component.name.description), ("architecture", platform.shortName), ("version", version),
      ("epoch", String(epoch.seconds)), ("repository", source?.repository ?? ""), ("commit", source?.commit ?? ""),
    ]
  }

  /// The variables that the script is run with, besides those inherited.
  var variables: [String: String] {
    [
      "VERSION": version, "ARCH": platform.architecture, "TARGETARCH": platform.architecture,
      "TARGETVARIANT": platform.variant ?? "", "COMPONENT": component.name.description,
      "SOURCE_DATE_EPOCH": String(epoch.seconds),
    ]
  }
}
