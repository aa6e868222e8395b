import ArgumentParser
import Components
import Engine
import Linux
import SystemPackage

/// The arguments that say which set is meant and with which settings.
struct SetOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp("Components, or single cells as COMPONENT/ARCH; all when none is named.", valueName: "component")
  )
  var components: [String] = []

  @Option(name: [.customShort("C"), .long], help: "Directory of the set.")
  var directory = "."

  @Option(
    name: [.customShort("a"), .customLong("arch"), .customLong("platform")],
    help: "Architectures, separated by commas.")
  var architectures: [String] = []

  @Option(name: [.customShort("d"), .customLong("dest")], help: "Registry and path before every image name.")
  var destination: String?

  @Option(name: [.customShort("t"), .long], help: "Tag of every image.")
  var tag: String?

  @Option(help: "Release image of OpenShift or OKD whose images and sources are taken.")
  var release: String?

  @Option(name: [.customShort("j"), .long], help: "How many cells at once: a number, yes or no.")
  var jobs: String?

  @Option(name: .customLong("build-arg"), help: "NAME=VALUE for ARG; repeatable.")
  var buildArguments: [String] = []

  @Option(
    name: .customLong("target"),
    help: ArgumentHelp("The stage that becomes the image; repeatable.", valueName: "[component=]stage"))
  var targets: [String] = []

  @Option(
    name: .customLong("allow-foreign"),
    help: ArgumentHelp(
      "Files that may be for another architecture than their image; repeatable.", valueName: "component=pattern"))
  var foreignFiles: [String] = []

  @Option(
    name: .customLong("build-context"),
    help: ArgumentHelp(
      "NAME=DIR, docker-image://REF, oci-layout://DIR[:TAG] or component:NAME, for NAME in FROM and --from; repeatable.",
      valueName: "name=value"))
  var contexts: [String] = []

  func validate() throws {
    for context in contexts where !context.contains("=") || context.hasPrefix("=") || context.hasSuffix("=") {
      throw ValidationError("--build-context takes NAME=VALUE, not `\(context)`")
    }
    for argument in buildArguments where !argument.contains("=") || argument.hasPrefix("=") {
      throw ValidationError("--build-arg takes NAME=VALUE, not `\(argument)`")
    }
  }

  /// What was typed, as settings.
  var flags: [SettingKey: SettingValue] {
    var flags: [SettingKey: SettingValue] = [:]
    if !components.isEmpty { flags[.components] = .list(components) }
    if !architectures.isEmpty { flags[.architectures] = .text(architectures.joined(separator: ",")) }
    if let destination { flags[.destination] = .text(destination) }
    if let tag { flags[.tag] = .text(tag) }
    if let release { flags[.release] = .text(release) }
    if let jobs { flags[.jobs] = .text(jobs) }
    if !foreignFiles.isEmpty { flags[.foreignFiles] = .list(foreignFiles) }
    if !targets.isEmpty { flags[.targets] = .list(targets) }
    return flags
  }

  /// The request for the engine.
  func request(push: Bool? = nil, ignoresCache: Bool = false, refreshesImages: Bool = false) -> BuildRequest {
    var flags = flags
    if let push { flags[.push] = .flag(push) }
    let typed = FilePath(directory)
    let absolute = typed.isAbsolute ? typed : Machine.workingDirectory.pushing(typed)
    var request = BuildRequest(
      directory: absolute.lexicallyNormalized(),
      displayPrefix: directory == "." ? "" : typed.string.hasSuffix("/") ? typed.string : typed.string + "/",
      flags: flags, environment: Machine.environment, buildArguments: Self.pairs(buildArguments),
      ignoresCache: ignoresCache, refreshesImages: refreshesImages)
    request.contexts = Self.pairs(contexts)
    request.workingDirectory = Machine.workingDirectory
    return request
  }

  /// `NAME=VALUE`s by name; the last one of a name counts.
  private static func pairs(_ texts: [String]) -> [String: String] {
    let pairs = texts.map { text -> (String, String) in
      let name = text.prefix { $0 != "=" }
      return (String(name), String(text.dropFirst(name.count + 1)))
    }
    return Dictionary(pairs) { $1 }
  }
}
