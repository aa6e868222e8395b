import Diagnostics
import Testing

@testable import Dockerfile

@Suite("word expansion: reference tables")
struct WordExpansionReferenceTests {
  static let environment = ["PWD": "/home", "SHELL": "bash", "KOREAN": "한국어", "NULL": ""]

  struct Row: Sendable, CustomTestStringConvertible {
    var line: Int
    var input: String
    var expected: String
    var testDescription: String { "line \(line): \(input)" }
  }

  static let rows: [Row] = {
    let lines = (try? Fixture.lines("shell/envVarTest")) ?? []
    return lines.enumerated().compactMap { number, line in
      guard !line.isEmpty, !line.hasPrefix("#") else { return nil }
      let parts = line.split(separator: "|", omittingEmptySubsequences: false).map { String($0).trimmed }
      guard parts.count == 3, parts[0] != "W" else { return nil }
      return Row(line: number + 1, input: parts[1], expected: parts[2])
    }
  }()

  @Test("patterns search a bounded number of bytes in one word")
  func searchedBytes() throws {
    let value = String(repeating: "a", count: 100_000)
    let expander = WordExpander()
    #expect(try expander.expand("${v//a/}${v%%*}") { _ in value } == "")
    let error = #expect(throws: ExpansionError.self) {
      try expander.expand(String(repeating: "${v//a/}", count: 1000)) { _ in value }
    }
    #expect(error?.what == "patterns search more than \(ParserLimits.searchedBytes) bytes in one word")
  }

  @Test("expands to one word", arguments: rows)
  func oneWord(row: Row) {
    let result = try? WordExpander().expand(row.input) { Self.environment[$0] }
    #expect(result == (row.expected == "error" ? nil : row.expected))
  }

  @Test("has the reference's cases")
  func count() { #expect(Self.rows.count == 113) }

  @Test("splits into words")
  func manyWords() throws {
    var environment: [String: String] = [:]
    var count = 0
    for line in try Fixture.lines("shell/wordsTest") where !line.isEmpty && !line.hasPrefix("#") {
      if line.hasPrefix("ENV ") {
        let pair = line.dropFirst(4).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        environment[String(pair[0]).trimmed] = String(pair[1])
        continue
      }
      let parts = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2 else { throw Missing() }
      let input = String(
        parts[0].utf8.reversed().drop { $0 == .space }.reversed().map { Character(Unicode.Scalar($0)) })
      let expected = String(parts[1].drop { $0 == " " }).split(separator: ",").map(String.init)
      #expect(try WordExpander().expandToWords(input) { environment[$0] } == expected, "\(line)")
      count += 1
    }
    #expect(count == 12)
  }

  @Test("table of single words, with the names that were looked up")
  func lex() throws {
    let table = try Fixture.decode(LexTable.self, "shell/lex.json")
    #expect(table.process_word.count == 24)
    for row in table.process_word {
      var found: Set<String> = []
      var missing: Set<String> = []
      let result = try? WordExpander().expand(row.input) { name in
        if row.envs[name] == nil { missing.insert(name) } else { found.insert(name) }
        return row.envs[name]
      }
      #expect(result == (row.error ? nil : row.expected), "\(row.input)")
      #expect(found.sorted() == row.matched, "\(row.input)")
      #expect(missing.sorted() == row.unmatched, "\(row.input)")
    }
    for row in table.platform {
      #expect(try WordExpander().expand(row.input) { row.envs[$0] } == row.expected)
    }
    for row in table.get_env {
      var environment = StageScope(
        global: try GlobalScope([], arguments: BuildArguments(), expander: WordExpander()), expander: WordExpander())
      for entry in row.env {
        let pair = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        environment.set(Variable(pair[0], pair.count == 2 ? pair[1] : ""))
      }
      if let foo = row.foo { #expect(environment.lookup("foo") == foo) }
      if let car = row.car { #expect(environment.lookup("car") == car) }
    }
  }

  @Test("demanded variables")
  func mandatory() throws {
    for row in try Fixture.decode(LexTable.self, "shell/lex.json").mandatory {
      do {
        let result = try WordExpander().expand(row.input) { row.envs[$0] }
        #expect(result == row.expected, "\(row.input)")
      } catch {
        #expect(row.error_contains.map { error.what.utf8.count > 0 && error.what.contains($0) } == true, "\(row.input)")
      }
    }
  }

  @Test("patterns are accepted and refused as in the reference")
  func patterns() throws {
    let table = try Fixture.decode(LexTable.self, "shell/lex.json").pattern_to_regex
    for row in table.valid { #expect(throws: Never.self, "\(row[0])") { try ShellPattern(row[0]) } }
    for text in table.invalid { #expect(throws: ExpansionError.self, "\(text)") { try ShellPattern(text) } }
    // What the second valid row says about escapes: the signs stand for themselves.
    let signs = "(()[]{}^$.*?|\\"
    #expect(try ShellPattern(table.valid[1][0]).removingPrefix(of: signs + "x", longest: true) == "x")
  }
}

struct LexTable: Decodable {
  struct Word: Decodable {
    var input: String
    var envs: [String: String]
    var expected: String
    var error: Bool
    var matched: [String]
    var unmatched: [String]
  }
  struct Mandatory: Decodable {
    var input: String
    var envs: [String: String]
    var expected: String?
    var error_contains: String?
  }
  struct Platform: Decodable {
    var input: String
    var envs: [String: String]
    var expected: String
  }
  struct GetEnv: Decodable {
    var env: [String]
    var foo: String?
    var car: String?
  }
  struct Patterns: Decodable {
    var valid: [[String]]
    var invalid: [String]
  }
  var process_word: [Word]
  var mandatory: [Mandatory]
  var platform: [Platform]
  var get_env: [GetEnv]
  var pattern_to_regex: Patterns
}

@Suite("word expansion")
struct WordExpansionTests {
  let values = ["a": "1", "empty": "", "path": "usr/lib/x.tar.gz", "star": "a*b", "multi": "x  y"]

  @Test(
    "values and operations",
    arguments: [
      ("$a$a", "11"), ("${a}b", "1b"), ("${unset-w}", "w"), ("${empty-w}", ""), ("${empty:-w}", "w"),
      ("${unset+w}", ""), ("${empty+w}", "w"), ("${empty:+w}", ""), ("${a:+<$a>}", "<1>"),
      ("${path#*/}", "lib/x.tar.gz"), ("${path##*/}", "x.tar.gz"), ("${path%.*}", "usr/lib/x.tar"),
      ("${path%%.*}", "usr/lib/x"), ("${path/\\//:}", "usr:lib/x.tar.gz"), ("${path//\\//:}", "usr:lib:x.tar.gz"),
      ("${star/\\*/-}", "a-b"), ("${path//./}", "usr/lib/xtargz"), ("${path/#u/X}", "usr/lib/x.tar.gz"),
      ("${a:-${unset:?never}}", "1"), ("\"$multi\"", "x  y"), ("a\\ b", "a b"), ("${unset:-\"q r\"}", "q r"),
    ])
  func operations(input: String, expected: String) throws {
    #expect(try WordExpander().expand(input) { values[$0] } == expected)
  }

  @Test("the backtick can be the escape character")
  func backtick() throws {
    let expander = WordExpander(escape: UInt8(ascii: "`"))
    #expect(try expander.expand("c:\\dir\\`$a") { values[$0] } == "c:\\dir\\$a")
  }

  @Test("names in a word")
  func variables() {
    let file = SourceFile("x")
    let word = Word("$a ${b:-${c}} '$d' \"$e\" ${a#$f} ${g/$h/$i}", range: file.range(0..<1))
    #expect(WordExpander().variables(in: word) == ["a", "b", "c", "e", "f", "g", "h", "i"])
  }

  @Test("inline files: variables and backslashes, quotes stay")
  func heredoc() throws {
    guard case .copy(let copy) = try instruction("COPY <<EOF /x\n'$a' \"${a}\" \\$a \\\\ \\\nEOF\n"),
      case .heredoc(let heredoc) = copy.transfer.sources[0]
    else { throw Missing() }
    let content = try WordExpander().expand(heredoc) { values[$0] }
    #expect(String(decoding: content, as: UTF8.self) == "'1' \"1\" $a \\ \n")
  }

  @Test("growth and depth are bounded")
  func bounds() throws {
    let big = String(repeating: "x", count: 50_000)
    #expect(throws: ExpansionError.self) { try WordExpander().expand("$v$v$v") { _ in big } }
    #expect(throws: ExpansionError.self) { try WordExpander().expand("${v//x/yyy}") { _ in big } }
    let deep = String(repeating: "${a:+", count: 1000) + String(repeating: "}", count: 1000)
    #expect(throws: ExpansionError.self) { try WordExpander().expand(deep) { _ in "1" } }
    let stars = "${v/" + String(repeating: "*x", count: 250) + "y/}"
    #expect(try WordExpander().expand(stars) { _ in String(repeating: "x", count: 20_000) }.utf8.count == 20_000)
  }

  @Test("an error points at the variable")
  func errorRange() throws {
    let file = SourceFile("FROM scratch\nLABEL a=b${x:?missing}c")
    let found = try StageGraph(parsing: file)
    guard case .label(let label) = found.stages[0].instructions[0].kind else { throw Missing() }
    #expect {
      _ = try WordExpander().expand(label.pairs[0].value) { _ in nil }
    } throws: {
      let diagnostic = ($0 as? DiagnosticsError)?.diagnostics.first
      return diagnostic?.what == "x: missing" && diagnostic?.range?.text == "${x:?missing}"
    }
  }
}
