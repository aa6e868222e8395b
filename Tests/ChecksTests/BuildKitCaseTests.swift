import Foundation
import Testing

@testable import Checks

/// `lint.json`: files with the warnings that BuildKit gives.
private struct LintCases: Decodable, Sendable {
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    struct Warning: Decodable, Sendable {
      let RuleName: String
      let Line: Int
    }

    let test: String
    let dockerfile: String
    let warnings: [Warning]
    let build_error: String?
    let build_error_line: Int?
    let frontend_attrs: [String: String]

    var testDescription: String { "\(test): \(dockerfile.prefix(60))" }
  }

  let cases: [Case]

  static let all: [Case] = {
    let url = Bundle.module.bundleURL.appending(path: "Fixtures/buildkit/lint.json")
    guard let data = try? Data(contentsOf: url), let cases = try? JSONDecoder().decode(LintCases.self, from: data)
    else {
      return []
    }
    return cases.cases
  }()
}

@Suite("checks: BuildKit's cases") struct BuildKitCaseTests {

  @Test("gives BuildKit's warnings in BuildKit's lines, and no others", arguments: LintCases.all)
  private func lint(lint: LintCases.Case) throws {
    var fixture = CheckFixture(lint.dockerfile)
    for (key, value) in lint.frontend_attrs where key.hasPrefix("build-arg:") {
      fixture.given[String(key.dropFirst("build-arg:".count))] = value
    }
    let found = try fixture.diagnostics()
    let expected = lint.warnings.map { "\($0.RuleName):\($0.Line)" }
    let rules = Set(Rule.all.map(\.name))
    #expect(
      found.filter { $0.rule.map(rules.contains) ?? false }.map { "\($0.rule ?? ""):\($0.range?.start.line ?? 0)" }
        .sorted()
        == expected.sorted())
    // A refused file is refused; a platform without a name is for the plan to refuse.
    if let line = lint.build_error_line, lint.build_error?.contains("failed to parse platform") == false {
      #expect(found.contains { $0.severity == .error && $0.range?.start.line == line })
    }
  }

  @Test("has all cases")
  func count() { #expect(LintCases.all.count == 40) }
}
