import Diagnostics
import Testing

@testable import Dockerfile

@Suite("parser")
struct SyntaxTests {
  func dump(_ text: String) -> String { SyntaxDump.dump(SyntaxTree(parsing: SourceFile(text))) }

  @Test(
    "lines, comments and continuations",
    arguments: [
      ("run a \\\n  b", "(run \"a   b\")"),
      ("RUN a \\ \t\n# comment\n  # indented\n\nb", "(run \"a b\")"),
      ("RUN a \\\\\nRUN b", "(run \"a \\\\\\\\\")\n(run \"b\")"),
      ("RUN a # no comment", "(run \"a # no comment\")"),
      ("\u{FEFF}\r\n  # c\r\n\tRUN a\\\r\nb\r\nrUn c\r\n", "(run \"ab\")\n(run \"c\")"),
      ("RUN a \\", "(run \"a\")"),
      ("RUN \\\n a \\\n", "(run \"a\")"),
      ("# escape=`\nRUN a `\nb \\\nRUN c", "(run \"a b \\\\\")\n(run \"c\")"),
      ("#escape=`\n# escape = \\\nRUN c", "(run \"c\")"),
      ("# x\n# escape=`\nRUN a `\nRUN b", "(run \"a `\")\n(run \"b\")"),
      ("RUN\ta\tb", "(run \"a\\tb\")"),
    ])
  func lines(text: String, expected: String) {
    #expect(dump(text) == expected)
  }

  @Test(
    "flags",
    arguments: [
      ("COPY --from=a --chown='b c' d e", "(copy [\"--from=a\" \"--chown=b c\"] \"d\" \"e\")"),
      ("COPY -- --a b", "(copy \"--a\" \"b\")"),
      ("CMD --x [ \"a\" ]", "(cmd [\"--x\"] \"a\")"),
      ("RUN --mount=type=secret,id=\"a\" x --y", "(run [\"--mount=type=secret,id=a\"] \"x --y\")"),
      ("HEALTHCHECK --interval=5s CMD [\"a\"]", "(healthcheck [\"--interval=5s\"] \"CMD\" \"a\")"),
      ("ONBUILD COPY --from=a b c", "(onbuild (copy [\"--from=a\"] \"b\" \"c\"))"),
    ])
  func flags(text: String, expected: String) {
    #expect(dump(text) == expected)
  }

  @Test("several inline files, with tabs, quotes and CRLF")
  func heredocs() throws {
    let text =
      "COPY <<-A <<\"B\" f /d/\r\n\tx\r\n\t\tA\r\n$y\nB\nRUN <<C cat && cat 3<<D\n1\nC\n2\nD\nRUN [\"<<E\"]\nCMD <<F\n"
    let tree = SyntaxTree(parsing: SourceFile(text))
    #expect(tree.diagnostics == [])
    #expect(tree.instructions.map(\.keyword) == [.copy, .run, .run, .cmd])
    let files = tree.instructions.flatMap(\.heredocs)
    #expect(files.map(\.name) == ["A", "B", "C", "D"])
    #expect(files.map { String(decoding: $0.body, as: UTF8.self) } == ["x\r\n", "$y\n", "1\n", "2\n"])
    #expect(files.map(\.expands) == [true, false, true, true])
    #expect(files.map(\.fileDescriptor) == [0, 0, 0, 3])
    #expect(tree.instructions[0].range.lines == 1...5)
    #expect(files[1].range.text == "$y\n")
  }

  @Test("words know their place, also when the line is continued")
  func ranges() throws {
    let text = "FROM scratch\nCOPY --chown=u \\\n  a \\\n  bb /c\n"
    guard case .copy(let copy) = try graph(text).stages[0].instructions[0].kind else { throw Missing() }
    #expect(copy.transfer.chown?.range.text == "u")
    #expect(copy.transfer.destination.range.start == SourcePosition(line: 4, column: 6))
    guard case .path(let second) = copy.transfer.sources[1] else { throw Missing() }
    #expect(second.range.text == "bb" && second.range.start.line == 4)
  }

  @Test("errors do not hide each other")
  func collected() {
    let text = "# escape=x\nFROM a\nFOO\nRUN\nEXPOSE\nENV a\nLABEL a=b c\nUSER\nVOLUME [1]\nCOPY --chmod a b\n"
    #expect(refusals(text).count == 9)
  }

  @Test("there is an end to collecting")
  func tooMany() {
    let found = refusals("FROM a\n" + String(repeating: "FOO\n", count: 1000))
    #expect(found.count == ParserLimits.diagnostics + 1)
    #expect(found.last == "too many errors, the rest of the file was not read")
  }

  @Test("sizes and counts are bounded")
  func bounds() {
    let big = String(repeating: "#\n", count: ParserLimits.fileBytes / 2 + 1)
    #expect(refusals(big) == ["file is larger than \(ParserLimits.fileBytes) bytes"])
    let many = "FROM a\n" + String(repeating: "RUN x\n", count: ParserLimits.instructions)
    #expect(refusals(many) == ["more than \(ParserLimits.instructions) instructions"])
    let openings = (0...ParserLimits.heredocs).map { "<<E\($0)" }.joined(separator: " ")
    #expect(refusals("FROM a\nRUN \(openings)") == ["more than 64 heredocs in one instruction"])
    let nested = String(repeating: "ONBUILD ", count: 10_000) + "RUN x"
    #expect(refusals("FROM a\n" + nested) == ["chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"])
    #expect(refusals("FROM a\nRUN " + String(repeating: "--x=1 ", count: 1000) + "y").count == 10)
    #expect(refusals("FROM a\n" + String(repeating: "RUN --x=1 --y y\n", count: 1000)).count == 51)
    let deep = "CMD " + String(repeating: "[", count: 100_000)
    #expect(refusals("FROM a\n" + deep) == [])
  }
}
