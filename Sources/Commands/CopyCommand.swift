import ArgumentParser
import Distribution
import Linux
import OCI

/// `imgset copy`: images and indexes between registries, layouts and archives, byte for byte.
struct CopyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "copy", abstract: "Copy an image or index between registries, OCI layouts and archives.",
    discussion: """
      SOURCE and DESTINATION are REFERENCE or docker://REFERENCE, oci:DIRECTORY[:NAME] or oci-archive:FILE[:NAME].
      Everything is copied byte for byte; with --platform a new index lists the chosen images, which stay as they are.
      Blobs go from server to server without touching the disk, and are mounted where a registry has them already.
      """)

  @Argument(help: "Where the image is.")
  var source: String

  @Argument(help: "Where it goes.")
  var destination: String

  @Option(
    name: [.customShort("a"), .customLong("platform"), .customLong("arch")],
    help: "Copy the images for these platforms only, separated by commas.")
  var platforms: [String] = []

  @Flag(help: "Copy an index with all its images; this is the default.")
  var all = false

  @Flag(help: "Copy what names the images as its subject too, such as signatures and bills of materials.")
  var referrers = false

  @Flag(name: .shortAndLong, help: "Say nothing but the result.")
  var quiet = false

  @OptionGroup var registry: RegistryOptions

  func validate() throws {
    if all, !platforms.isEmpty { throw ValidationError("--all and --platform exclude each other") }
    _ = try chosenPlatforms()
  }

  func run() async throws {
    let settings = try await registry.settings()
    let from = try ImagePlace(parsing: source, registries: settings.registries)
    let to = try ImagePlace(parsing: destination, registries: settings.registries)
    settings.explain(source, as: from)
    settings.explain(destination, as: to)
    let platforms = try chosenPlatforms()
    let progress = CopyProgress(isQuiet: quiet)
    let report = try await withRegistryClient(settings) { client in
      let origin = try await from.source(client)
      return try await to.withDestination(client) { target in
        var copy = ImageCopy(from: origin, to: target, platforms: platforms)
        copy.withReferrers = referrers
        return try await copy.run(progress: progress.take)
      }
    }
    progress.finish(report)
    Output.data("\(report.published)\n")
  }

  /// nil for all.
  private func chosenPlatforms() throws -> [Platform]? {
    let names = platforms.flatMap { $0.split(separator: ",").map { $0.trimming(" ") } }.filter { !$0.isEmpty }
    guard !names.isEmpty else { return nil }
    return try names.map { name in
      guard let platform = Platform(parsing: name) else { throw ValidationError("`\(name)` is not a platform") }
      return platform
    }
  }
}

extension Substring {
  fileprivate func trimming(_ character: Character) -> String {
    var rest = self
    while rest.first == character { rest.removeFirst() }
    while rest.last == character { rest.removeLast() }
    return String(rest)
  }
}
