import Components
import Diagnostics
import OCI
import Planning

/// A set in memory, by path below its directory.
struct SetInMemory: SetFiles {
  var files: [String: String]

  struct NoSuchFile: Error {}

  func entries(of directory: String) throws -> [SetEntry] {
    let prefix = directory.isEmpty ? "" : directory + "/"
    var entries: [String: SetEntry.Kind] = [:]
    for path in files.keys where path.hasPrefix(prefix) {
      let parts = path.dropFirst(prefix.count).split(separator: "/")
      entries[String(parts[0])] = parts.count > 1 ? .directory : .file(isExecutable: false)
    }
    return entries.map { SetEntry(name: Array($0.key.utf8), kind: $0.value) }
  }

  func contents(of file: String, limit: Int) throws -> [UInt8] {
    guard let content = files[file] else { throw NoSuchFile() }
    return Array(content.utf8)
  }
}

/// Plans a set.
///
/// - Parameter files: by `COMPONENT/FILE`.
func plan(
  _ files: [String: String], components: String = "", architectures: String = "amd64", build: String = "amd64",
  arguments: [String: String] = [:], versions: [String: String] = [:], contexts: [String: NamedContext] = [:],
  targets: StageTargets = StageTargets()
) throws -> BuildPlan {
  let files = Dictionary(uniqueKeysWithValues: files.map { ("components/\($0.key)", $0.value) })
  let set = try ComponentSet(discovering: SetInMemory(files: files))
  var diagnostics: [Diagnostic] = []
  let settings = SetSettings(
    flags: [:], environment: ["COMPONENTS": components, "ARCHITECTURES": architectures], diagnostics: &diagnostics)
  try DiagnosticsError.check(diagnostics)
  let planner = Planner(
    set: set, names: ImageNames(prefix: "registry.example/set", tag: Tag("v1")!),
    buildPlatform: Platform(parsing: build)!, givenArguments: arguments,
    versions: Dictionary(
      uniqueKeysWithValues: versions.compactMap { name, version in ComponentName(name).map { ($0, version) } }),
    contexts: contexts, targets: targets)
  return try planner.plan(set.select(settings))
}

/// What is printed when a set is refused; empty when it is not.
func refusal(_ files: [String: String], architectures: String = "amd64") -> String {
  do {
    _ = try plan(files, architectures: architectures)
    return ""
  } catch {
    return "\(error)"
  }
}

extension BuildPlan {
  /// `cli/arm64 (not selected) <- base-image/arm64` for each cell, in order.
  var edges: [String] {
    cells.map { cell in
      let needs = cell.dependencies.map(\.description).joined(separator: " ")
      return "\(cell.id)\(cell.isSelected ? "" : " (not selected)")\(needs.isEmpty ? "" : " <- \(needs)")"
    }
  }
}
