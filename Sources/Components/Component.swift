import Diagnostics
import OCI

/// One directory of a set: everything that is known about an image before anything is resolved or run.
package struct Component: Hashable, Sendable {
  package let name: ComponentName
  /// Path of the directory relative to the set's directory: `components/cli`, or `cli`.
  package let path: String
  /// The path for people, as seen from where they are.
  package let displayPath: String
  /// All recipes, at most one for each kind and platform, in the order of their file names.
  package let recipes: [Recipe]
  /// Whether there is a script `build_binaries`.
  package let hasBuildScript: Bool
  /// Where the source is when the release payload does not say; nil when the component has no `repo`.
  package let source: GitSource?

  package init(
    name: ComponentName, path: String, displayPath: String, recipes: [Recipe], hasBuildScript: Bool = false,
    source: GitSource? = nil
  ) {
    self.name = name
    self.path = path
    self.displayPath = displayPath
    self.recipes = recipes
    self.hasBuildScript = hasBuildScript
    self.source = source
  }

  /// The same with another source.
  func from(_ source: GitSource) -> Component {
    Component(
      name: name, path: path, displayPath: displayPath, recipes: recipes, hasBuildScript: hasBuildScript,
      source: source)
  }

  /// Name of the script that builds the binaries of one architecture.
  package static let buildScript = "build_binaries"
}
