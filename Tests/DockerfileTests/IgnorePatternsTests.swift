import Diagnostics
import TestSupport
import Testing

@testable import Dockerfile

@Suite("ignore files: reference tables")
struct IgnoreReferenceTests {
  struct Table: Decodable {
    struct Match: Decodable, Sendable, CustomTestStringConvertible {
      var patterns: [String]
      var path: String
      var excluded: Bool?
      var error: Bool?
      var testDescription: String { "\(patterns) \(path)" }
    }
    struct Clean: Decodable {
      var patterns: [String]
      var has_exclusions: Bool?
      var cleaned: [String]?
      var error: Bool?
    }
    struct ReadFile: Decodable {
      var content: String
      var expect: [String]
    }
    var match_or_parent: [Match]
    var match: [Match]
    var clean: [Clean]
    var read_file: [ReadFile]
  }

  static let table = try? Fixture.decode(Table.self, "dockerignore/patterns.json")

  @Test("has the reference's cases")
  func count() {
    #expect(Self.table?.match_or_parent.count == 36)
    #expect(Self.table?.match.count == 33)
  }

  @Test("paths and their parents", arguments: (table?.match_or_parent ?? []) + (table?.match ?? []))
  func match(row: Table.Match) throws {
    if row.error == true {
      #expect(throws: DiagnosticsError.self) { try IgnorePatterns(row.patterns, origin: "test") }
    } else {
      let patterns = try IgnorePatterns(row.patterns, origin: "test")
      #expect(patterns.ignores(row.path) == row.excluded)
    }
  }

  @Test("negations and files")
  func clean() throws {
    let table = try #require(Self.table)
    for row in table.clean {
      if row.error == true {
        #expect(throws: DiagnosticsError.self) { try IgnorePatterns(row.patterns, origin: "test") }
      } else {
        let patterns = try IgnorePatterns(row.patterns, origin: "test")
        #expect(patterns.hasNegations == row.has_exclusions)
      }
    }
    for row in table.read_file {
      #expect(IgnorePatterns.normalized(SourceFile(row.content)) == row.expect)
    }
  }
}

@Suite("ignore files")
struct IgnorePatternsTests {
  @Test("a lone ! is refused with its line")
  func loneNegation() {
    #expect {
      _ = try IgnorePatterns(parsing: SourceFile("a\n# b\n!\n[", name: ".dockerignore"))
    } throws: {
      let lines = ($0 as? DiagnosticsError)?.diagnostics.map { $0.range?.start.line }
      return lines == [3, 4]
    }
  }

  @Test("comments, a byte order mark and blanks")
  func reading() {
    let file = SourceFile("\u{FEFF}# no\n  a/b/ \r\n # yes\n\n/c/../d")
    #expect(IgnorePatterns.normalized(file) == ["a/b", "# yes", "d"])
  }

  @Test(
    "directories that need not be read",
    arguments: [
      (["a"], "a", true), (["*"], "a", true), (["a", "!a/b"], "a", false), (["*", "!b"], "a", true),
      (["*", "!**/keep"], "a", false), (["*", "!a*/x"], "ab", false), (["*", "!a*/x"], "ba", true),
      (["*", "!a/b/c"], "a", false), (["*", "!a/b/c"], "a/x", true), (["!a/b", "*"], "a", true), (["b"], "a", false),
      (["**", "!docs/**"], "docs", false), (["**", "!docs/**"], "src", true), (["*", "!a/?/c"], "a/b", false),
    ])
  func prune(patterns: [String], directory: String, expected: Bool) throws {
    let compiled = try IgnorePatterns(patterns, origin: "test")
    var decision = IgnorePatterns.Decision.root
    let bytes = Array(directory.utf8)
    for end in bytes.indices where bytes[end] == .slash { decision = compiled.decide(bytes[..<end], in: decision) }
    decision = compiled.decide(bytes[...], in: decision)
    #expect(compiled.canPrune(bytes[...], decision) == expected)
  }

  @Test("pruning never loses a path")
  func pruneIsSafe() throws {
    var random = SeededGenerator(seed: 7)
    let names = ["a", "b", "ab", "c.x"]
    let pieces = ["a", "b", "*", "**", "?b", "[ab]", "c.*", "ab", "**x"]
    for _ in 0..<3000 {
      let texts = (0..<Int.random(in: 1...4, using: &random)).map { _ -> String in
        let path = (0..<Int.random(in: 1...3, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "a" }
        return (Bool.random(using: &random) ? "!" : "") + path.joined(separator: "/")
      }
      let patterns = try IgnorePatterns(texts, origin: "test")
      let path = (0..<4).map { _ in names.randomElement(using: &random) ?? "a" }
      let bytes = Array(path.joined(separator: "/").utf8)
      guard !patterns.ignores(bytes) else { continue }
      var decision = IgnorePatterns.Decision.root
      for end in bytes.indices where bytes[end] == .slash {
        decision = patterns.decide(bytes[..<end], in: decision)
        #expect(!patterns.canPrune(bytes[..<end], decision), "\(texts) loses \(path)")
      }
    }
  }

  @Test("hostile patterns cost no more than their size")
  func bounded() throws {
    let pattern = String(repeating: "*a", count: 200) + "b"
    let patterns = try IgnorePatterns([pattern, String(repeating: "**/a", count: 100)], origin: "test")
    #expect(!patterns.ignores(String(repeating: "a", count: 4000)))
  }

  @Test("paths that are not UTF-8 match by their bytes")
  func bytes() throws {
    let patterns = try IgnorePatterns(["a?b", "x*"], origin: "test")
    #expect(patterns.ignores([0x61, 0xFF, 0x62]))
    #expect(patterns.ignores([0x78, 0xC3, 0x28]))
    #expect(!patterns.ignores([0x61, 0xFF, 0xFF, 0x62]))
  }
}
