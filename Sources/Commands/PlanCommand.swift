import ArgumentParser
import Engine
import Linux
import OCI
import Progress

/// `imgset plan`: what a build would do, and why.
struct PlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Show what a build would do and why; nothing is built or pulled.", aliases: ["ls"])

  @OptionGroup var set: SetOptions

  @OptionGroup(title: "Options for recipes") var grants: GrantOptions

  @Flag(help: "Print JSON for machines.")
  var json = false

  @Flag(help: "Explain the symbols.")
  var legend = false

  func run() async throws {
    var request = set.request()
    request.grants = try await grants.grants(request.environment)
    let store = try await Stores.open(request.environment)
    let report = try await Pipeline(request: request, store: store) { event in
      if case .warning(let text) = event { Output.talk(text + "\n") }
    }.plan()
    if json {
      Output.data(String(decoding: try CanonicalJSON.encode(report.document), as: UTF8.self) + "\n")
    } else {
      let terminal = Terminal.standardOutput
      Output.data(
        report.table.rendered(width: terminal?.width, isColored: terminal?.isColored ?? false, hasLegend: legend))
    }
  }
}
