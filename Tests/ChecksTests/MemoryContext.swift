import Checks
import Diagnostics
import Dockerfile
import OCI

/// A build context in memory: the paths of its files.
struct MemoryContext: ContextFiles {
  var paths: Set<String>

  init(_ paths: [String]) { self.paths = Set(paths) }

  func kind(of path: [UInt8]) -> ContextEntryKind? {
    let text = String(decoding: path, as: UTF8.self)
    if text.isEmpty { return .directory }
    if paths.contains(text) { return .file }
    return paths.contains { $0.hasPrefix(text + "/") } ? .directory : nil
  }

  func names(in directory: [UInt8]) -> [[UInt8]] {
    let prefix = directory.isEmpty ? "" : String(decoding: directory, as: UTF8.self) + "/"
    let names = paths.filter { $0.hasPrefix(prefix) }.map { $0.dropFirst(prefix.count).prefix { $0 != "/" } }
    return Set(names).map { Array($0.utf8) }
  }
}

/// Images known by name.
struct MemoryImages: KnownImages {
  /// The platforms of images, by reference.
  var platforms: [String: [String]] = [:]
  /// The variables of images, by reference.
  var variables: [String: Set<String>] = [:]

  func lack(of reference: Reference, for platform: Platform) -> ImageLack? {
    guard let known = platforms[reference.description], !known.contains(platform.architecture) else { return nil }
    return ImageLack(why: ["it has \(known.joined(separator: ", "))"], help: [])
  }

  func variables(of name: String, for platform: Platform) -> Set<String>? { variables[name] }
}

/// A recipe and what lies around it, with defaults for what a test does not care about.
struct CheckFixture {
  var text: String
  var platforms = ["amd64"]
  var given: [String: String] = [:]
  var context = ["Dockerfile", "f"]
  var ignore: String?
  var produced: Set<String> = []
  var hasBuildScript = false
  var images = MemoryImages()

  init(_ text: String) { self.text = text }

  func recipe() throws -> CheckedRecipe {
    let host = Platform(architecture: "amd64")
    let arguments = platforms.map { name in
      let platform = Platform(architecture: name).normalised
      return (
        platform,
        BuildArguments(
          given: given, platform: automatic("TARGET", platform).merging(automatic("BUILD", host)) { $1 })
      )
    }
    return CheckedRecipe(
      SourceFile(name: "Dockerfile", bytes: Array(text.utf8)), arguments: arguments,
      surroundings: RecipeSurroundings(
        context: MemoryContext(context),
        ignore: try ignore.map {
          try IgnorePatterns(parsing: SourceFile(name: ".dockerignore", bytes: Array($0.utf8)))
        },
        produced: produced, hasBuildScript: hasBuildScript, images: images))
  }

  private func automatic(_ prefix: String, _ platform: Platform) -> [String: String] {
    [
      "\(prefix)PLATFORM": platform.description, "\(prefix)OS": platform.os, "\(prefix)ARCH": platform.architecture,
      "\(prefix)VARIANT": platform.variant ?? "",
    ]
  }

  func diagnostics() throws -> [Diagnostic] { Checker.check(try recipe()) }

  /// `Rule:line` of every diagnostic, in order; errors without a rule by their text.
  func findings() throws -> [String] {
    try diagnostics().map { "\($0.rule ?? $0.what):\($0.range?.start.line ?? 0)" }
  }

  /// The same for one rule alone.
  func findings(of rule: String) throws -> [String] {
    try diagnostics().filter { $0.rule == rule }.map { "\($0.rule ?? ""):\($0.range?.start.line ?? 0)" }
  }
}
