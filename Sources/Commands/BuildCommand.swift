import ArgumentParser
import Content
import Diagnostics
import Distribution
import Engine
import Execution
import Linux
import Progress
import SystemPackage

/// `imgset build`: plan, build what is not up to date, publish when asked.
struct BuildCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build", abstract: "Build the images of a set; with --push publish them too.")

  @OptionGroup var set: SetOptions

  @OptionGroup(title: "Options for recipes") var grants: GrantOptions

  @Flag(inversion: .prefixedNo, help: "Publish the whole set when every image is there.")
  var push: Bool?

  @Flag(name: .customLong("no-cache"), help: "Run every step again.")
  var ignoresCache = false

  @Flag(name: .customLong("pull"), help: "Ask registries again for base images that are in the store.")
  var refreshesImages = false

  @Option(help: "How progress is shown: \(ProgressMode.allValueStrings.joined(separator: ", ")).")
  var progress = ProgressMode.auto

  @Option(
    name: .customLong("release-references"),
    help: ArgumentHelp(
      "Write release-ARCH.json and image-references there when the set is complete.", valueName: "directory"))
  var releaseReferences: String?

  func run() async throws {
    var typed = set.request(push: push, ignoresCache: ignoresCache, refreshesImages: refreshesImages)
    typed.grants = try await grants.grants(typed.environment)
    let request = typed
    let store = try await Stores.open(request.environment)
    let report = try await ProgressOutput(progress, environment: request.environment).following { output in
      try await Pipeline(request: request, store: store, events: output.send).build { plan in
        if !plan.isUpToDate { output.show(plan.table) }
      }
    }
    for image in report.images {
      Output.data("\(image.reference.name)@\(image.index.digest)\n")
    }
    if let status = status(of: report) { throw status }
    if let releaseReferences {
      let path = FilePath(releaseReferences)
      try await BlockingPool.shared.run {
        do { try report.writeReleaseReferences(to: path) } catch let error as Errno {
          throw DiagnosticsError(
            .error(
              "cannot write the release references", at: releaseReferences, why: ["\(error)"],
              help: ["name a directory that you can write to, in one that exists"]))
        }
      }
    }
  }

  private func status(of report: BuildReport) -> ExitStatus? {
    if report.isInterrupted { return .interrupted }
    let failures = report.failures + (report.failures.isEmpty ? [report.publicationError].compactMap { $0 } : [])
    let statuses = Set(failures.map { ErrorText($0).status })
    if statuses.isEmpty { return nil }
    // A cell's own failure counts more than what the machine or a registry lacks.
    return statuses.count == 1 ? statuses.first : .cellFailed
  }
}
