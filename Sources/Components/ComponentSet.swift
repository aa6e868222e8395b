import Diagnostics

/// The components of a directory, and what was found wrong with it.
package struct ComponentSet: Sendable {
  /// Every directory with a recipe, by name in byte order.
  package let components: [Component]
  /// Warnings and errors of discovery; building needs `DiagnosticsError.check` on them first.
  package let diagnostics: [Diagnostic]

  package subscript(_ name: ComponentName) -> Component? { components.first { $0.name == name } }

  /// Finds the components of a set.
  ///
  /// They are the directories with a recipe below `components/`; a set without such a directory is taken as the
  /// components directory itself. Hidden directories and those without a recipe (shared patches, for example) are none.
  ///
  /// - Parameter displayPrefix: what to put before paths in messages: empty, or ending with a slash.
  /// - Throws: what `files` throws for the set's own directory; trouble with one component is a diagnostic.
  package init(discovering files: some SetFiles, displayPrefix: String = "") throws {
    let top = try files.entries(of: "")
    let hasComponents = top.contains { $0.name.elementsEqual("components".utf8) && $0.kind == .directory }
    let parent = hasComponents ? "components/" : ""
    let entries = hasComponents ? try files.entries(of: "components") : top
    var discovery = Discovery(files: files, parent: parent, displayPrefix: displayPrefix)
    for entry in entries.sorted(by: { $0.name.lexicographicallyPrecedes($1.name) }) {
      if entry.kind == .directory, entry.name.first != UInt8(ascii: ".") { discovery.visit(entry.name) }
    }
    if discovery.components.isEmpty, !discovery.diagnostics.contains(where: { $0.severity == .error }) {
      discovery.diagnostics.append(
        .error(
          "no components here", at: displayPrefix.isEmpty ? "." : displayPrefix,
          why: ["no directory below `\(parent.isEmpty ? "./" : parent)` holds an `ImageSource` or a `Dockerfile`"],
          help: ["write `components/NAME/Dockerfile`, or name the directory of the set"]))
    }
    components = discovery.components
    diagnostics = discovery.diagnostics
  }

  private init(components: [Component], diagnostics: [Diagnostic]) {
    self.components = components
    self.diagnostics = diagnostics
  }

  /// The same set with the sources that a release payload knows; they go before the files `repo` and `commit`.
  package func taking(_ sources: [ComponentName: GitSource]) -> ComponentSet {
    ComponentSet(components: components.map { sources[$0.name].map($0.from) ?? $0 }, diagnostics: diagnostics)
  }
}
