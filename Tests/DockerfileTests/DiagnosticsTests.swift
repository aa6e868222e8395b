import Diagnostics
import Testing

@testable import Dockerfile

@Suite("messages")
struct DiagnosticsTests {
  struct Golden: Sendable, CustomTestStringConvertible {
    var name: String
    var dockerfile: String
    var expected: String
    var testDescription: String { name }
  }

  /// What is printed for a whole file, warnings included.
  static func messages(_ text: String) -> String {
    let file = SourceFile(text, name: "components/cli/Dockerfile")
    do {
      let graph = try StageGraph(parsing: file)
      let resolved = try graph.resolve(BuildArguments())
      return graph.warnings.map { $0.rendered() }.joined(separator: "\n")
        + (resolved.stages.isEmpty ? "no stages\n" : "")
    } catch {
      return error.description
    }
  }

  static let goldens: [Golden] = Fixture.folders("golden").map { name in
    Golden(
      name: name, dockerfile: (try? Fixture.text("golden/\(name)/Dockerfile")) ?? "",
      expected: (try? Fixture.text("golden/\(name)/messages")) ?? "")
  }

  @Test("golden files", arguments: goldens)
  func golden(golden: Golden) {
    #expect(Self.messages(golden.dockerfile) == golden.expected)
  }

  @Test("there are golden files")
  func count() { #expect(Self.goldens.count >= 8) }

  @Test("a message without a file")
  func place() {
    let message = Diagnostic.error(
      "no recipe for component `clii`", at: "COMPONENTS (environment)", why: ["did you mean `cli`?"],
      help: ["components here: base-image cli"])
    #expect(
      message.rendered() == """
        error: no recipe for component `clii`
         --> COMPONENTS (environment)
         = why: did you mean `cli`?
         = help: components here: base-image cli

        """)
  }

  @Test("colour is added around the parts, never taken from input")
  func color() {
    let message = Diagnostic.error("bad \u{1B}[31m\u{202E}text", at: "here\nthere")
    let plain = "error: bad \\u{1B}[31m\\u{202E}text\n --> here\\u{A}there\n"
    #expect(message.rendered() == plain)
    let colored = message.rendered(color: true)
    #expect(colored.hasPrefix("\u{1B}[1;31merror:\u{1B}[0m \u{1B}[1mbad \\u{1B}[31m"))
  }

  @Test("underlines follow tabs and wide bytes")
  func underline() {
    let file = SourceFile("\tlé\tX y\n")
    let range = file.range(5..<6)
    let text = Diagnostic.warning("w", at: range, rule: "Rule").rendered()
    #expect(
      text == """
        warning[Rule]: w
         --> Dockerfile:1:6
          |
        1 |     lé  X y
          |         ^

        """)
  }

  @Test("long ranges and long lines are cut")
  func cut() {
    let file = SourceFile(String(repeating: "x\n", count: 40) + String(repeating: "y", count: 500))
    let lines = Diagnostic.error("e", at: file.range(0..<80)).rendered().split(separator: "\n")
    #expect(lines.count == 2 + 1 + 12 + 1)
    #expect(lines.last == "   | … 28 more lines")
    let long = Diagnostic.error("e", at: file.range(80..<81)).rendered().split(separator: "\n")
    #expect(long[3].hasSuffix("y…"))
  }

  @Test("positions")
  func positions() {
    let file = SourceFile("ab\r\n\nc")
    #expect(file.lineStarts == [0, 4, 5])
    #expect(file.position(of: 1) == SourcePosition(line: 1, column: 2))
    #expect(file.position(of: 5) == SourcePosition(line: 3, column: 1))
    #expect(file.position(of: 99) == SourcePosition(line: 3, column: 2))
    #expect(Array(file.line(1)) == Array("ab".utf8))
    #expect(file.line(9).isEmpty)
    #expect(SourceFile("").lineStarts == [0])
  }

  @Test(
    "did you mean",
    arguments: [
      ("FNTRYPOINT", "ENTRYPOINT"), ("copy", "COPY"), ("RNU", "RUN"), ("ENTRY", nil), ("x", nil), ("", nil),
      ("WORKDIRR", "WORKDIR"),
    ] as [(String, String?)])
  func guesses(word: String, expected: String?) {
    #expect(didYouMean(word, among: Keyword.allCases.map(\.rawValue)) == expected)
  }

  @Test("an error is never empty and never only warnings")
  func collected() {
    let warning = Diagnostic.warning("w", at: "x")
    #expect(DiagnosticsError([warning]) == nil)
    #expect(DiagnosticsError([]) == nil)
    #expect(DiagnosticsError([warning, .error("e", at: "x")])?.diagnostics.count == 2)
  }

  @Test(
    "passwords in URLs are not repeated",
    arguments: [
      ("http://user:secret@host/x", "http://user:***@host/x"),
      ("ARG U=https://token@host B=ssh://git@host", "ARG U=https://***@host B=ssh://git@host"),
      ("`ftp://a:b:c@d:e@host`, http://host:80/a@b, x@y", "`ftp://a:***@host`, http://host:80/a@b, x@y"),
      ("git+https://:p@h", "git+https://:***@h"), ("http://user:@host://", "http://user:@host://"),
    ])
  func passwords(text: String, shown: String) {
    #expect(Passwords.hidden(in: text) == shown)
  }

  @Test("an excerpt hides a password and keeps its columns")
  func passwordInExcerpt() {
    let file = SourceFile("ADD http://u:secret@h/x /y")
    let range = SourceRange(file: file, offsets: 24..<26)
    let text = Diagnostic.error("`http://u:secret@h/x` is refused", at: range).rendered()
    #expect(!text.contains("secret"))
    #expect(text.contains("ADD http://u:******@h/x /y\n  |                         ^^"))
  }
}
