import Testing

@testable import Checks

@Suite("checks: rules") struct RuleTests {
  @Test(
    "finds what BuildKit's rules are about",
    arguments: [
      ("FROM scratch AS Build", ["StageNameCasing:1"]),
      ("FROM scratch as build", ["FromAsCasing:1"]),
      ("FROM scratch\ncopy f /\nCOPY f /", ["ConsistentInstructionCasing:2"]),
      ("FROM scratch\nRUN a \\\n\n  b", ["NoEmptyContinuation:2"]),
      ("FROM scratch AS a\nFROM scratch AS a", ["DuplicateStageName:2"]),
      ("FROM scratch AS context", ["ReservedStageName:1"]),
      ("FROM scratch\nENTRYPOINT run", ["JSONArgsRecommended:2"]),
      ("FROM scratch\nMAINTAINER me", ["MaintainerDeprecated:2"]),
      ("FROM busybox:${TAG}1", ["UndefinedArgInFrom:1"]),
      ("FROM scratch\nWORKDIR app\nWORKDIR /a\nWORKDIR b", ["WorkdirRelativePath:2"]),
      ("FROM scratch\nLABEL a=$b", ["UndefinedVar:2"]),
      ("FROM scratch\nLABEL a=${b:-c}", []),
      ("FROM scratch\nCMD [\"a\"]\nRUN x\nCMD [\"b\"]", ["MultipleInstructionsDisallowed:2"]),
      ("FROM scratch\nENV a b", ["LegacyKeyValueFormat:2"]),
      ("FROM --platform=$TARGETPLATFORM scratch", ["RedundantTargetPlatform:1"]),
      ("FROM scratch\nARG AWS_SECRET_ACCESS_KEY", ["SecretsUsedInArgOrEnv:2"]),
      ("FROM --platform=linux/arm64 scratch", ["FromPlatformFlagConstDisallowed:1"]),
      ("FROM scratch\nEXPOSE 80/TcP", ["ExposeProtoCasing:2"]),
      ("FROM scratch\nEXPOSE 127.0.0.1:80:80", ["ExposeInvalidFormat:2"]),
      ("# check=skip=StageNameCasng\nFROM scratch", ["InvalidCheckDirective:1"]),
      ("FROM scratch AS build\nFROM scratch\nCOPY --from=biuld a /", ["MisspelledStage:3"]),
    ] as [(String, [String])])
  func buildKit(text: String, expected: [String]) throws {
    #expect(try CheckFixture(text).findings() == expected)
  }

  @Test("a variable that a base image may set is reported only with a sign of a mistake")
  func unknownBase() throws {
    var fixture = CheckFixture("FROM python\nARG V=$PYTHON_VERSION\nWORKDIR $HMOE")
    #expect(try fixture.findings() == [])
    fixture.images.variables = ["python": ["PYTHON_VERSION"]]
    #expect(try fixture.findings() == ["UndefinedVar:3"])
    #expect(try CheckFixture("ARG A=1\nFROM python\nLABEL a=$A").findings() == ["UndefinedVar:3"])
  }

  @Test(
    "finds an architecture written out where several are built",
    arguments: [
      ("RUN curl -O https://example.com/x-linux-amd64.tar.gz", ["HardCodedArchitecture:2"]),
      ("ENV LD_LIBRARY_PATH=/usr/lib/x86_64-linux-gnu", ["HardCodedArchitecture:2"]),
      ("ARG TARGETARCH=amd64", ["HardCodedArchitecture:2"]),
      ("ARG TARGETARCH\nRUN case $TARGETARCH in amd64) f=x-amd64 ;; *) f=x-arm64 ;; esac", []),
      ("RUN GOARCH=amd64 go build", ["GoArchitectureConstant:2"]),
      ("RUN echo one \\\n  # amd64-only\n  two", []),
      ("RUN echo $TARGETARCH", ["UndeclaredPlatformArg:2"]),
      ("ARG TARGETARCH\nRUN echo $TARGETARCH", []),
      ("RUN TARGETARCH=x; echo $TARGETARCH", []),
      ("COPY f-$TARGETARCH /", ["CopySourceNotFound:2", "UndeclaredPlatformArg:2"]),
    ] as [(String, [String])])
  func architectures(text: String, expected: [String]) throws {
    var fixture = CheckFixture("FROM scratch\n" + text)
    fixture.platforms = ["amd64", "arm64"]
    #expect(try fixture.findings() == expected)
    if !expected.contains("UndeclaredPlatformArg:2") {
      fixture.platforms = ["amd64"]
      #expect(try fixture.findings() == [])
    }
  }

  @Test("looks for what COPY names, for every platform")
  func sources() throws {
    var fixture = CheckFixture("FROM scratch\nARG TARGETARCH\nCOPY bin/x-$TARGETARCH /x\nCOPY g* /")
    fixture.platforms = ["amd64", "arm64"]
    fixture.context = ["bin/x-amd64", "f"]
    let found = try fixture.diagnostics()
    #expect(try fixture.findings() == ["BinaryMissingForPlatform:3", "CopySourceNotFound:4"])
    #expect(found[0].what == "no file for arm64")
    #expect(found.allSatisfy { $0.severity == .error })
    fixture.produced = ["bin"]
    fixture.hasBuildScript = true
    #expect(try fixture.findings() == ["CopySourceNotFound:4"])
    #expect(try fixture.diagnostics()[0].severity == .warning)
  }

  @Test(
    "tells what the ignore file leaves out from what is not there",
    arguments: [
      ("f", "COPY f /", ["CopyIgnoredFile:2"]), ("*\n!f", "COPY f /", []), ("f", "COPY . /", []),
      ("*\n!d/f", "COPY d /", []), ("d", "ADD d/f /", ["CopyIgnoredFile:2"]),
      ("d", "COPY e /", ["CopySourceNotFound:2"]),
      ("f", "COPY ../../f /", ["CopyIgnoredFile:2"]),
    ] as [(String, String, [String])])
  func ignored(ignore: String, text: String, expected: [String]) throws {
    var fixture = CheckFixture("FROM scratch\n" + text)
    fixture.context = ["f", "d/f"]
    fixture.ignore = ignore
    #expect(try fixture.findings() == expected)
  }

  @Test("knows what platforms base images lack")
  func bases() throws {
    var fixture = CheckFixture("FROM example.com/base:1")
    fixture.platforms = ["amd64", "arm64", "riscv64"]
    fixture.images.platforms = ["example.com/base:1": ["amd64"]]
    #expect(try fixture.diagnostics().map(\.what) == ["`example.com/base:1` is not there for arm64, riscv64"])
  }

  @Test("directives switch rules off, for the file and for one instruction, and make errors of warnings")
  func directives() throws {
    let text = "FROM scratch\n# check=skip=LegacyKeyValueFormat // old\nENV a b\nENV c d\n"
    #expect(try CheckFixture(text).findings() == ["LegacyKeyValueFormat:4"])
    #expect(try CheckFixture("# check=skip=all\n" + text).findings() == [])
    let errors = try CheckFixture("# check=error=true\n" + text).diagnostics()
    #expect(errors.map(\.severity) == [.error])
  }

  @Test("goes on behind an instruction that cannot be read")
  func partial() throws {
    let found = try CheckFixture("FROM scratch\nFNTRYPOINT x\nENV a b\nUSER").findings()
    #expect(
      found == [
        "unknown instruction: FNTRYPOINT (did you mean ENTRYPOINT?):2", "LegacyKeyValueFormat:3",
        "USER requires exactly one argument:4",
      ])
  }

  @Test("a file of ten thousand mistakes gets a bounded answer")
  func bounds() throws {
    let many = String(repeating: "ENV k$x v\nRUN a-amd64 $TARGETARCH\n", count: 5000)
    let long = "RUN " + String(repeating: "x-amd64 $TARGETARCH ", count: 50_000)
    var fixture = CheckFixture("FROM scratch\n" + many + long)
    fixture.platforms = ["amd64", "arm64"]
    let found = try fixture.diagnostics()
    #expect(found.count <= Rule.all.count * Findings.limit)
    #expect(found.contains { $0.why.contains { $0.contains("more of this rule are not shown") } })
  }
}
