import Diagnostics
import Dockerfile
import Testing

@Suite("variables of a stage")
struct StageScopeTests {
  /// Applies the ARG and ENV instructions of a one-stage file and expands the LABELs in between.
  func labels(
    _ text: String, given: [String: String] = [:], platform: [String: String] = [:], environment: [Variable] = []
  ) throws -> [String] {
    let graph = try graph(text)
    let global = try graph.globalScope(BuildArguments(given: given, platform: platform))
    var scope = StageScope(global: global, expander: graph.expander, environment: environment)
    var result: [String] = []
    for instruction in graph.stages[0].instructions {
      switch instruction.kind {
      case .arg(let arg): try scope.apply(arg)
      case .env(let env): try scope.apply(env)
      case .label(let label): result += try scope.expand(label.pairs).map { "\($0.name)=\($0.value)" }
      default: break
      }
    }
    return result
  }

  @Test("ARG: the build's value, the default, the global value, the automatic value")
  func order() throws {
    let text =
      "ARG g=global\nARG h=global\nFROM x\nARG g\nARG h=own\nARG TARGETARCH\nARG n\nLABEL g=$g h=$h t=$TARGETARCH n=<$n>"
    let platform = ["TARGETARCH": "arm64"]
    #expect(try labels(text, platform: platform) == ["g=global", "h=own", "t=arm64", "n=<>"])
    let given = ["g": "1", "h": "2", "TARGETARCH": "x", "n": "3"]
    #expect(try labels(text, given: given, platform: platform) == ["g=1", "h=2", "t=x", "n=<3>"])
  }

  @Test("nothing of the global scope is seen without ARG")
  func undeclared() throws {
    let text = "ARG g=1\nFROM x\nLABEL g=<$g> t=<$TARGETARCH>\n"
    #expect(try labels(text, given: ["g": "2"], platform: ["TARGETARCH": "arm"]) == ["g=<>", "t=<>"])
  }

  @Test("ENV wins over ARG, and its values do not see each other")
  func environment() throws {
    let text = "FROM x\nENV a=1\nARG a=2\nLABEL a=$a\nENV a=3 b=$a\nLABEL a=$a b=$b p=$P"
    #expect(try labels(text, environment: [Variable("P", "/bin")]) == ["a=1", "a=3", "b=1", "p=/bin"])
  }

  @Test("ARGs of one line see those before them")
  func oneLine() throws {
    #expect(try labels("FROM x\nARG a=1 b=$a-2 c=\"x y\"\nLABEL b=$b c=$c") == ["b=1-2", "c=x y"])
  }

  @Test("both forms of ENV and quotes in labels")
  func forms() throws {
    let text = "FROM x\nENV OLD a  \"b\" $PATH\nENV q=\"x y\" e=a\\ b\nLABEL o=\"$OLD\" \"my key\"='$q' q=$q e=\"$e\""
    #expect(
      try labels(text, environment: [Variable("PATH", "/p")]) == [
        "o=a  b /p", "my key=$q", "q=x y", "e=a b",
      ])
  }

  @Test("a default that the build replaces is not expanded")
  func replacedDefault() throws {
    let text = "FROM x\nARG a=\"${b:?need b}\"\nLABEL a=$a"
    #expect(try labels(text, given: ["a": "1"]) == ["a=1"])
    #expect(throws: DiagnosticsError.self) { try labels(text) }
  }

  @Test("every wrong value of an instruction is reported")
  func allErrors() throws {
    #expect {
      _ = try labels("FROM x\nENV a=${b:?1} c=\"$ d=${e:?2}")
    } throws: {
      ($0 as? DiagnosticsError)?.diagnostics.count == 2
    }
  }

  @Test("the sum of all values is bounded")
  func bounds() throws {
    let value = String(repeating: "x", count: 100_000)
    let many = (0..<30).map { "v\($0)=$v" }.joined(separator: " ")
    for text in ["LABEL \(many)", "ENV \(many)", "ARG \(many)", String(repeating: "ENV w=$v\n", count: 30)] {
      #expect(throws: DiagnosticsError.self) { try labels("FROM x\nENV v=\(value)\n" + text) }
    }
    var growing = "FROM x\nARG a0=xxxxxxxxxx\n"
    for number in 1...12 {
      growing += "ARG a\(number)=" + String(repeating: "$a\(number - 1)", count: 10) + "\n"
    }
    #expect(throws: DiagnosticsError.self) { try labels(growing) }
  }
}
