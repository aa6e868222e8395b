import ArgumentParser
import Checks
import Engine
import Linux
import OCI

/// `imgset check`: everything that is wrong or doubtful in the recipes of a set.
struct CheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Look for mistakes in the recipes of a set; nothing is built or fetched.",
    discussion: "Exit status 2 when there are errors, or with --strict anything at all.")

  @OptionGroup var set: SetOptions

  @Flag(help: "Count warnings as errors.")
  var strict = false

  @Flag(help: "Print JSON for machines.")
  var json = false

  @Flag(help: "List the rules, and check nothing.")
  var rules = false

  func run() async throws {
    if rules { return Output.data(Self.ruleList) }
    let request = set.request()
    let store = try await Stores.open(request.environment)
    let found = try await Pipeline(request: request, store: store) { _ in }.check()
    let report = strict ? found.strict : found
    let isColored = Terminal.standardError?.isColored ?? false
    if json {
      Output.data(String(decoding: try CanonicalJSON.encode(report.document), as: UTF8.self) + "\n")
    } else {
      for diagnostic in report.diagnostics { Output.talk(diagnostic.rendered(color: isColored) + "\n") }
    }
    Output.talk(report.summary + "\n")
    if report.errors > 0 { throw ExitStatus.wrongInput }
  }

  /// Names and meanings in two columns.
  private static var ruleList: String {
    let width = Rule.all.map(\.name.utf8.count).max() ?? 0
    return Rule.all.map { rule in
      let name = rule.name + String(repeating: " ", count: width - rule.name.utf8.count)
      return "\(name)  \(rule.summary)\(rule.isExperimental ? " (on request)" : "")\n"
    }.joined()
  }
}
