import Foundation
import Testing

@testable import Checks

@Suite("checks: documentation") struct DocumentationTests {
  @Test("docs/checks.md has every rule", arguments: Rule.all.map(\.name))
  func rule(name: String) throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(contentsOf: root.appending(path: "docs/checks.md"), encoding: .utf8)
    #expect(text.contains("\n| \(name) |"))
  }

  @Test("every rule has a name of its own")
  func unique() { #expect(Set(Rule.all.map(\.name)).count == Rule.all.count) }
}
