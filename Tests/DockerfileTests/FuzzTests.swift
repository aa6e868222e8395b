import Diagnostics
import TestSupport
import Testing

@testable import Dockerfile

/// Random input must be read or refused, never crash or hang. The seeds are fixed, so a failure can be repeated.
@Suite("random input")
struct FuzzTests {
  static let pieces = [
    "FROM ", "RUN ", "COPY ", "ENV ", "ARG ", "LABEL ", "ONBUILD ", "HEALTHCHECK ", "EXPOSE ", "SHELL ", "CMD ",
    "FROM a AS b",
    "--from=", "--mount=", "type=cache,target=/a,", "--chown=a:b ", "<<EOF", "<<-'E F'", "\nEOF\n", "\\\n", "`\n",
    "\r\n",
    "# escape=`\n", "# syntax=x\n", "#", " ", "\t", "\"", "'", "\\", "$", "${", "}", ":-", ":?", "//", "##", "%%", "*",
    "[\"a\"]",
    "[", "]", "{", "\u{FEFF}", "é", "\u{202E}", "=", "a=b", "AS", "0", ",", "x", "\n", "\n\n", "1s", "--", "!", "**/",
  ]

  func text(_ random: inout SeededGenerator, _ count: Int) -> String {
    (0..<Int.random(in: 1...count, using: &random)).map { _ in Self.pieces.randomElement(using: &random) ?? "" }
      .joined()
  }

  @Test("files", arguments: [1, 2, 3] as [UInt64])
  func files(seed: UInt64) async {
    var random = SeededGenerator(seed: seed)
    var read = 0
    for _ in 0..<1000 {
      // Other tests wait for answers of servers in this process.
      await Task.yield()
      let file = SourceFile("FROM a AS s\n" + text(&random, 24))
      do {
        let graph = try StageGraph(parsing: file)
        read += 1
        _ = try graph.resolve(BuildArguments(given: ["a": "1"]))
      } catch {
        #expect(!error.description.isEmpty)
      }
      let tree = SyntaxTree(parsing: file)
      for syntax in tree.instructions {
        #expect(syntax.range.offsets.upperBound <= file.bytes.count)
      }
    }
    #expect(read > 0)
  }

  @Test("bytes", arguments: [5, 6] as [UInt64])
  func bytes(seed: UInt64) async {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<500 {
      // Other tests wait for answers of servers in this process.
      await Task.yield()
      let bytes = (0..<Int.random(in: 0...200, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      let tree = SyntaxTree(parsing: SourceFile(name: "x", bytes: bytes))
      #expect(tree.diagnostics.allSatisfy { !$0.rendered(color: true).isEmpty })
      #expect(!tree.diagnostics.isEmpty || !tree.instructions.isEmpty)
    }
  }

  @Test("words", arguments: [7, 8] as [UInt64])
  func words(seed: UInt64) async {
    var random = SeededGenerator(seed: seed)
    var expanded = 0
    for _ in 0..<4000 {
      // Other tests wait for answers of servers in this process.
      await Task.yield()
      let word = text(&random, 16)
      let lookup: (String) -> String? = { $0 == "a" ? "x*y" : nil }
      let one = try? WordExpander().expand(word, lookup: lookup)
      let many = try? WordExpander().expandToWords(word, lookup: lookup)
      #expect((one == nil) == (many == nil))
      if let one, let many {
        expanded += 1
        // Splitting takes out blanks only.
        #expect(many.joined().utf8.filter { !$0.isSpace } == one.utf8.filter { !$0.isSpace })
      }
    }
    #expect(expanded > 0)
  }

  @Test("ignore files", arguments: [9, 10] as [UInt64])
  func ignoreFiles(seed: UInt64) async {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<1000 {
      // Other tests wait for answers of servers in this process.
      await Task.yield()
      let file = SourceFile(text(&random, 12))
      guard let patterns = try? IgnorePatterns(parsing: file) else { continue }
      let path = text(&random, 6)
      // Asking twice gives one answer, and a slash at the end does not count.
      #expect(patterns.ignores(path) == patterns.ignores(path + "/"))
    }
  }
}
