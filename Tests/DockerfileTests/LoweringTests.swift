import Diagnostics
import Testing

@testable import Dockerfile

@Suite("lowering")
struct LoweringTests {
  @Test("commands and shells")
  func commands() throws {
    guard case .cmd(let shell) = try instruction("CMD echo  $HOME"),
      case .cmd(let exec) = try instruction("CMD [\"a\", \"b c\"]"),
      case .cmd(let empty) = try instruction("CMD []"), case .entrypoint(let none) = try instruction("ENTRYPOINT")
    else { throw Missing() }
    #expect(ConfigCommand.arguments(of: shell) == ["/bin/sh", "-c", "echo  $HOME"])
    #expect(ConfigCommand.arguments(of: shell, shell: ["/bin/bash", "-ec"]) == ["/bin/bash", "-ec", "echo  $HOME"])
    #expect(ConfigCommand.arguments(of: exec) == ["a", "b c"])
    #expect(ConfigCommand.arguments(of: empty) == [])
    #expect(ConfigCommand.arguments(of: none) == [])
  }

  @Test(
    "what a RUN executes",
    arguments: [
      ("RUN a | b", .shell("a | b")),
      ("RUN [\"a\", \"$b\"]", .exec(["a", "$b"])),
      ("RUN <<EOF\na\n b\nEOF", .shell("a\n b\n")),
      ("RUN <<-'EOF'\n\ta\n\tEOF", .shell("a\n")),
      ("RUN <<EOF\n#!/bin/awk\nb\nEOF", .script(name: "EOF", content: Array("#!/bin/awk\nb\n".utf8))),
      ("RUN <<EOF sh\na\nEOF", .shell("<<EOF sh\na\nEOF")),
      ("RUN a <<X ; b <<-Y\n1\nX\n\t2\nY", .shell("a <<X ; b <<-Y\n1\nX\n\t2\nY")),
    ] as [(String, RunInstruction.Execution)])
  func execution(text: String, expected: RunInstruction.Execution) throws {
    guard case .run(let run) = try instruction(text) else { throw Missing() }
    #expect(run.execution == expected)
  }

  @Test(
    "ports",
    arguments: [
      ("80", ["80/tcp"]), ("53/UDP", ["53/udp"]), ("8000-8002/sctp", ["8000/sctp", "8001/sctp", "8002/sctp"]),
      ("127.0.0.1:8080:80", ["80/tcp"]), ("0", nil), ("65536", nil), ("80/foo", nil), ("9-8", nil), ("a", nil),
      ("", nil), ("1-2-3", nil), ("80/tcp/x", nil), ("-1", nil), ("+1", nil),
    ] as [(String, [String]?)])
  func ports(text: String, expected: [String]?) {
    #expect(ExposedPort.parse(text)?.map(\.description) == expected)
  }

  @Test(
    "durations",
    arguments: [
      ("0", 0), ("1s", 1_000_000_000), ("1m30s", 90_000_000_000), ("1.5h", 5_400_000_000_000), ("-2ms", -2_000_000),
      ("2us", 2000), ("2µs", 2000), (".5s", 500_000_000), ("1", nil), ("s", nil), ("", nil), ("1x", nil), (".s", nil),
      ("9999999h", nil), ("1s ", nil), ("3ns", 3), ("1.0000000019s", 1_000_000_001),
    ] as [(String, Int64?)])
  func durations(text: String, expected: Int64?) {
    #expect(GoDuration.nanoseconds(text) == expected)
  }

  @Test("health checks")
  func healthcheck() throws {
    guard
      case .healthcheck(let check) = try instruction(
        "HEALTHCHECK --interval=1m --timeout=2s --start-period=3s --start-interval=4s --retries=5 CMD [\"a\"]"),
      case .healthcheck(let none) = try instruction("HEALTHCHECK none")
    else { throw Missing() }
    #expect(ConfigCommand.test(of: check.check) == ["CMD", "a"])
    #expect(
      [check.interval, check.timeout, check.startPeriod, check.startInterval]
        == [60, 2, 3, 4].map { $0 * 1_000_000_000 })
    #expect(check.retries == 5)
    #expect(ConfigCommand.test(of: none.check) == ["NONE"])
    for bad in [
      "--interval=1ns CMD x", "--interval=-1s CMD x", "--retries=-1 CMD x", "CMD", "NONE x", "FOO x", "CMD []",
    ] {
      #expect(refusals("FROM scratch\nHEALTHCHECK " + bad).count == 1, "\(bad)")
    }
  }

  @Test(
    "signals",
    arguments: [
      ("SIGTERM", true), ("term", true), ("9", true), ("64", true), ("SIGRTMIN+3", true), ("RTMAX-14", true),
      ("0", false), ("65", false), ("SIGFOO", false), ("", false), ("SIG", false), ("RTMIN+16", false),
      ("RTMIN+", false),
      ("+9", false),
    ])
  func signals(text: String, expected: Bool) {
    #expect(StopSignal.isValid(text) == expected)
  }

  @Test(
    "owners",
    arguments: [
      ("root", "name(\"root\") nil"), ("0:0", "identifier(0) identifier(0)"), ("u:7", "name(\"u\") identifier(7)"),
      (":g", "nil name(\"g\")"), ("4294967294", "identifier(4294967294) nil"), ("4294967295", "-"), ("4294967296", "-"),
      ("99999999999999999999", "-"), ("a:b:c", "-"), ("", "-"), (":", "-"), ("a b", "-"), ("../x", "-"),
    ])
  func owners(text: String, expected: String) {
    func show(_ name: OwnerSpecification.Name?) -> String { name.map { "\($0)" } ?? "nil" }
    #expect((OwnerSpecification(text).map { "\(show($0.user)) \(show($0.group))" } ?? "-") == expected)
  }

  @Test(
    "modes",
    arguments: [
      ("755", 0o644, false, 0o755), ("04755", 0, false, 0o4755), ("u=rwX,go=rX", 0o600, false, 0o644),
      ("u=rwX,go=rX", 0o700, false, 0o755), ("a+X", 0o600, true, 0o711), ("+x", 0o644, false, 0o755),
      ("go-w", 0o666, false, 0o644), ("u+s", 0o755, false, 0o4755), ("g=u", 0o750, false, 0o770),
      ("+t", 0o777, true, 0o1777),
      ("a=", 0o777, false, 0), ("u=rw+x-r", 0o000, false, 0o300), ("o=", 0o2775, true, 0o2770), ("0", 0o777, false, 0),
    ] as [(String, UInt32, Bool, UInt32)])
  func modes(text: String, mode: UInt32, isDirectory: Bool, expected: UInt32) {
    let result = ModeChange(text)?.apply(to: mode, isDirectory: isDirectory)
    #expect(result == expected, "\(String(result ?? 0, radix: 8))")
  }

  @Test("refused modes", arguments: ["", "8", "10000", "u", "rwx", "u+q", ",", "u+r,", "0x1", "99999999999999999999"])
  func refusedModes(text: String) {
    #expect(ModeChange(text) == nil)
  }

  @Test("triggers keep their text and are read again")
  func triggers() throws {
    guard case .onbuild(let trigger) = try instruction("ONBUILD copy --chown=1 \\\n <<E /x\ny\nE") else {
      throw Missing()
    }
    #expect(trigger.keyword == .copy)
    let again = try Instruction.triggers([trigger.text, "RUN a"], origin: "ONBUILD of image")
    #expect(again.map(\.keyword) == [.copy, .run])
    #expect(again[0].syntax.heredocs.map(\.name) == ["E"])
    for bad in ["FROM x", "ONBUILD RUN x", "FOO", "RUN"] {
      #expect(throws: DiagnosticsError.self, "\(bad)") { try Instruction.triggers([bad], origin: "x") }
    }
  }
}
