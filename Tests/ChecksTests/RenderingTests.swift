import Testing

@testable import Checks

@Suite("checks: rendered output") struct RenderingTests {
  @Test("shows rule, place, excerpt, reason and advice")
  func golden() throws {
    let text = try CheckFixture("FROM scratch\nENV a b\nCOPY g /\n").diagnostics().map { $0.rendered() }
    #expect(
      text.joined(separator: "\n") == """
        warning[LegacyKeyValueFormat]: `ENV name value` is the old form
         --> Dockerfile:2:1
          |
        2 | ENV a b
          | ^^^^^^^
         = help: ENV a=… (in quotes when the value holds blanks)

        error[CopySourceNotFound]: `g` is not in the build context
         --> Dockerfile:3:6
          |
        3 | COPY g /
          |      ^
         = why: the context is the component's directory, and paths start there

        """)
  }
}
