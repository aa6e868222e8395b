import Diagnostics
import OCI

/// One pass over the directories of a set; collects components and everything that is wrong with them.
struct Discovery<Files: SetFiles> {
  let files: Files
  /// Path of the components directory relative to the set: empty, or ending with a slash.
  let parent: String
  let displayPrefix: String
  var components: [Component] = []
  var diagnostics: [Diagnostic] = []

  /// Largest Dockerfile or ignore file, in bytes.
  static var recipeLimit: Int { 4 << 20 }
  /// Largest `ImageSource`, `repo` or `commit`, in bytes.
  static var wordFileLimit: Int { 64 << 10 }

  /// Looks at one directory; without recipes it leaves no trace.
  mutating func visit(_ directory: [UInt8]) {
    let text = String(decoding: directory, as: UTF8.self)
    let path = parent + text
    let entries: [SetEntry]
    do { entries = try files.entries(of: path) } catch {
      diagnostics.append(.error("cannot read the directory", at: displayPrefix + path, why: ["\(error)"]))
      return
    }
    let names = entries.compactMap { entry in String(validating: entry.name, as: UTF8.self).map { ($0, entry) } }
      .sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
    let isComponent = names.contains { name, entry in
      if case .recipe = RecipeName(name) { entry.kind != .directory } else { false }
    }
    checkNames(names, path: path)
    guard isComponent else { return }
    guard let name = ComponentName(text), text.utf8.elementsEqual(directory) else {
      let lower = text.lowercased()
      diagnostics.append(
        .error(
          "`\(text)` cannot be the name of a component", at: displayPrefix + path,
          why: ["it becomes part of the image's name: lower-case letters and digits, separated by `.`, `_` or `-`"],
          help: ComponentName(lower) != nil ? ["mv \(displayPrefix)\(path) \(displayPrefix)\(parent)\(lower)"] : []))
      return
    }
    add(name, path: path, entries: names)
  }

  private mutating func add(_ name: ComponentName, path: String, entries: [(String, SetEntry)]) {
    let present = Set(entries.filter { $0.1.isFile }.map(\.0))
    let recipes = recipes(path: path, entries: entries, present: present)
    let script = entries.first { $0.0 == Component.buildScript }
    if let script, script.1.kind != .file(isExecutable: true) {
      diagnostics.append(
        .error(
          "`\(Component.buildScript)` is not an executable file", at: "\(displayPrefix)\(path)/\(script.0)",
          help: ["chmod +x \(displayPrefix)\(path)/\(script.0)"]))
    }
    let repo = present.contains("repo") ? read("repo", in: path, limit: Self.wordFileLimit) : nil
    let commit = present.contains("commit") ? read("commit", in: path, limit: Self.wordFileLimit) : nil
    components.append(
      Component(
        name: name, path: path, displayPath: displayPrefix + path, recipes: recipes, hasBuildScript: script != nil,
        source: GitSource.parse(repo: repo, commit: commit, component: name, into: &diagnostics)))
  }

  private mutating func recipes(path: String, entries: [(String, SetEntry)], present: Set<String>) -> [Recipe] {
    var recipes: [Recipe] = []
    for (name, entry) in entries {
      guard case .recipe(let kind, let platform) = RecipeName(name), entry.isFile else { continue }
      if let other = recipes.first(where: { $0.kind == kind && $0.platform == platform }) {
        let place = platform.map { "architecture `\($0.shortName)`" } ?? "every other architecture"
        diagnostics.append(
          .error(
            "`\(other.fileName)` and `\(name)` are for the same architecture", at: "\(displayPrefix)\(path)/\(name)",
            why: ["both say how to make \(place)"], help: ["remove one of them"]))
        continue
      }
      let limit = kind == .dockerfile ? Self.recipeLimit : Self.wordFileLimit
      guard let source = read(name, in: path, limit: limit) else { continue }
      var ignoreFile: SourceFile?
      if kind == .dockerfile {
        // The file's own first, then that of the directory; Buildah's names before Docker's, as in Buildah.
        let names = ["\(name).containerignore", "\(name).dockerignore", ".containerignore", ".dockerignore"]
        let ignore = names.first(where: present.contains)
        ignoreFile = ignore.flatMap { read($0, in: path, limit: Self.recipeLimit) }
      }
      recipes.append(
        Recipe(kind: kind, platform: platform, fileName: name, source: source, ignoreFile: ignoreFile))
    }
    return recipes
  }

  private mutating func read(_ name: String, in path: String, limit: Int) -> SourceFile? {
    do {
      let bytes = try files.contents(of: "\(path)/\(name)", limit: limit)
      return SourceFile(name: "\(displayPrefix)\(path)/\(name)", bytes: bytes)
    } catch {
      diagnostics.append(.error("cannot read the file", at: "\(displayPrefix)\(path)/\(name)", why: ["\(error)"]))
      return nil
    }
  }

  /// Names that look like recipes and are none are easy to overlook, so they are pointed out.
  private mutating func checkNames(_ entries: [(String, SetEntry)], path: String) {
    for (name, entry) in entries {
      let place = "\(displayPrefix)\(path)/\(name)"
      switch RecipeName(name) {
      case .recipe where entry.kind == .directory:
        diagnostics.append(.warning("a directory is not a recipe", at: place))
      case .recipe where entry.kind == .other:
        diagnostics.append(
          .error(
            "the recipe is not a readable file", at: place,
            why: ["it is not a regular file, or a link that leads nowhere or outside the set"]))
      case .unknownSuffix(let suffix):
        let meant = didYouMean(suffix, among: Architecture.allNames).map { ["did you mean `\($0)`?"] } ?? []
        diagnostics.append(
          .warning("not a recipe: `\(suffix)` is not an architecture", at: place, rule: "recipe-name", help: meant))
      case .wrongCase(let spelling):
        diagnostics.append(
          .warning("not a recipe: its name would be `\(spelling)`", at: place, rule: "recipe-name"))
      default: break
      }
    }
  }
}
