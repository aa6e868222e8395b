import OCI
import Progress
import Testing

@Suite("Plain output") struct PlainRendererTests {
  private static func render(_ events: [Scenario.Timed], isGitHub: Bool = false) -> String {
    var renderer = PlainRenderer(isGitHub: isGitHub)
    return events.map { renderer.render($0.event, at: $0.time) }.joined()
  }

  @Test func aGoodRun() {
    #expect(
      Self.render(Scenario.good) == """
        [plan] 6 units: 3 add, 1 change, 1 copy, 1 unchanged
        cli/amd64  copied 0.9s  sha256:020202020202  178 MB
        base/arm/v7  built 41.6s  sha256:030303030303  91.3 MB (+400 kB)
        1/2 FROM fedora                  cached
        2/2 RUN microdnf install -y tar  41.5s
          │ Downloading 99%
          │ ::set-env x
          │ red and more
          │ Complete!
        cli/arm/v7  built 2.0s  sha256:040404040404  95.0 MB
        dns/amd64  built 0.1s  sha256:050505050505  1.0 MB
        dns/arm/v7  built 0.1s  sha256:060606060606  1.0 MB
        ✔ 3 images × 2 architectures   4 built, 1 copied, 1 unchanged   1m01s   pushed 212 MB of 1.9 GB

        quay.io/m/   digest               size     Δ        platforms
          base:4.18  sha256:070707070707  91.0 MB  +400 kB  2
          cli:4.18   sha256:080808080808  178 MB   ·        2
          dns:4.18   sha256:090909090909  1.0 MB            2

        slowest: base/arm/v7 41.6s · cli/arm/v7 2.0s

        """)
  }

  private static let failureSummary = """
    error: 1 of 6 units failed (3 done, 2 skipped)

    ✗ base/arm/v7   components/base/Dockerfile.arm:12   step 2/2   on qemu   after 41.6s
        9 │ FROM fedora
     ▸ 12 │ RUN microdnf install -y tar
          ╰ exit status 2
       = why: the package is not there
       last output:
        │ Downloading 99%
        │ ::set-env x
        │ red and more
        │ Complete!
       = help: imgset runs logs base/arm/v7
       retry only this: imgset build base/arm/v7

    skipped because base/arm/v7 failed: cli/arm/v7 dns/arm/v7
    not published: 3 of 6 units are missing
    log: runs/7f3a

    """

  @Test func aFailedRunOnGitHub() {
    #expect(
      Self.render(Scenario.failed, isGitHub: true) == """
        [plan] 6 units: 3 add, 1 change, 1 copy, 1 unchanged
        cli/amd64  copied 0.9s  sha256:020202020202  178 MB
        ::group::base/arm/v7  failed after 41.6s: exit status 2
        1/2 FROM fedora                  cached
        2/2 RUN microdnf install -y tar
          │ Downloading 99%
          │ ::set-env x
          │ red and more
          │ Complete!
        ::endgroup::
        ::error file=components/base/Dockerfile.arm,line=12,title=base/arm/v7 failed::exit status 2
        cli/arm/v7  skipped (base/arm/v7 failed)
        dns/arm/v7  skipped (base/arm/v7 failed)
        warning: no release payload
        dns/amd64  built 0.1s  sha256:050505050505  12.3 kB

        """ + Self.failureSummary)
  }

  @Test func aFailedRunElsewhereHasNoCommands() {
    let text = Self.render(Scenario.failed)
    #expect(text.hasSuffix(Self.failureSummary))
    #expect(!text.split(separator: "\n").contains { $0.drop { $0 == " " }.hasPrefix("::") })
  }

  @Test func aNoOpIsOneLine() {
    #expect(Self.render(Scenario.nothingToDo) == "✔ 2 units up to date (0.4s)\n")
  }

  @Test func commandsCannotBeInjectedThroughAFailure() {
    let cell = Scenario.cell("a", "amd64")
    var renderer = PlainRenderer(isGitHub: true)
    _ = renderer.render(
      .runStarted(Scenario.plan([.init("a")], PlanCounts(added: 1), ["amd64"])), at: Scenario.start)
    let failure = CellFailure("bad\n::warning::x", file: "a,b:c\n::error::y", line: 3)
    var text = renderer.render(.cellFinished(cell, CellResult(.failed(failure))), at: Scenario.start)
    text += renderer.render(.runFinished(RunResult()), at: Scenario.start)
    let commands = text.split(separator: "\n").filter { $0.drop { $0 == " " }.hasPrefix("::") }
    #expect(commands == ["::error file=a%2Cb%3Ac%0A%3A%3Aerror%3A%3Ay,line=3,title=a/amd64 failed::bad%0A::warning::x"])
  }

  @Test func silenceIsBrokenByASignOfLife() {
    var renderer = PlainRenderer()
    let events = Scenario.good.prefix(7)
    for (time, event) in events { _ = renderer.render(event, at: time) }
    #expect(renderer.tick(at: Scenario.at(29_000)) == "")
    let line = "  1/6 done, 2 running: base/arm/v7 2/2, cli/amd64\n"
    #expect(renderer.tick(at: Scenario.at(30_000)) == "[run ] 30.0s" + line)
    #expect(renderer.tick(at: Scenario.at(31_000)) == "")
    #expect(renderer.tick(at: Scenario.at(120_000)) == "[run ] 2m00s" + line)
  }

  @Test func endlessOutputIsBounded() {
    var renderer = PlainRenderer()
    let cell = Scenario.cell("a", "amd64")
    _ = renderer.render(.runStarted(Scenario.plan([.init("a")], PlanCounts(added: 1), ["amd64"])), at: Scenario.start)
    for _ in 0..<40 {
      _ = renderer.render(.output(cell, Array(repeating: UInt8(ascii: "x"), count: 60_000)), at: Scenario.start)
    }
    let text = renderer.render(.cellFinished(cell, CellResult(.built)), at: Scenario.start)
    #expect(text.utf8.count < 1_200_000)
    #expect(text.contains("lines left out\n"))
  }

  @Test func cancelledRunsSaySo() {
    var renderer = PlainRenderer()
    _ = renderer.render(.runStarted(Scenario.plan([.init("a")], PlanCounts(added: 1), ["amd64"])), at: Scenario.start)
    var text = renderer.render(.cellFinished(Scenario.cell("a", "amd64"), CellResult(.cancelled)), at: Scenario.start)
    text += renderer.render(.runFinished(RunResult()), at: Scenario.start)
    #expect(text.hasSuffix("a/amd64  cancelled\nerror: the run was cancelled (0 done, 0 skipped, 1 cancelled)\n"))
  }
}
