import OCI
import Progress
import Testing

@Suite("Terminal output") struct TerminalRendererTests {
  private static func frames(_ events: some Sequence<Scenario.Timed>, isColored: Bool = false) -> TerminalRenderer {
    var renderer = TerminalRenderer(isColored: isColored)
    for (time, event) in events { renderer.apply(event, at: time) }
    return renderer
  }

  @Test func aRunInTheMiddle() {
    var renderer = Self.frames(Scenario.good.prefix(9))
    #expect(
      renderer.frame(at: Scenario.at(30_000), width: 78, height: 24) == """
        building 0/5 of 6 units                                                   0:30
                      amd64     arm/v7
        base          ✔ =       ◐ 2/2
        ├─ cli        ◐         ○
        └─ dns        ○         ○
        ──────────────────────────────────────────────────────────────────────────────
        ◐ base/arm/v7  2/2 RUN microdnf install -y tar       0:29    red
        ◐ cli/amd64    starting                              0:29    ↓ 5.0 MB/9.1 MB

        """)
  }

  @Test func theNextFrameReplacesTheLast() {
    var renderer = Self.frames(Scenario.failed.prefix(15))
    _ = renderer.frame(at: Scenario.at(1000), width: 78, height: 24)
    #expect(
      renderer.frame(at: Scenario.at(43_000), width: 40, height: 7) == """
        \u{1B}[7F\u{1B}[0Jbuilding 4/5 of 6 units             0:43
                      amd64     arm/v7
        base          ✔ =       ✗ 2/2
        … 2 more components
        ────────────────────────────────────────
        ✗ base/arm/v7  2/2 RUN microdnf install…

        """)
    #expect(renderer.finish() == "\u{1B}[6F\u{1B}[0J")
    #expect(renderer.finish() == "")
  }

  /// Whatever the size, no line is wider and no frame higher than the terminal.
  @Test(arguments: [20, 33, 40, 80, 200], [4, 5, 8, 24, 60])
  func framesFit(width: Int, height: Int) {
    let rows = (0..<30).map { RunPlan.Row("component-with-a-long-name-\($0)", depth: $0 % 3) }
    let plan = Scenario.plan(rows, PlanCounts(added: 150), ["amd64", "arm64", "arm", "ppc64le", "riscv64"])
    var renderer = TerminalRenderer(isColored: false)
    renderer.apply(.runStarted(plan), at: Scenario.start)
    for cell in plan.cells.prefix(40) {
      renderer.apply(.cellStarted(cell), at: Scenario.start)
      renderer.apply(.stepStarted(cell, .init(index: 1, total: 12, text: "RUN 漢字 and more text")), at: Scenario.start)
      renderer.apply(.output(cell, Array(String(repeating: "wide 漢字 ", count: 30).utf8)), at: Scenario.start)
    }
    let lines = renderer.frame(at: Scenario.at(5000), width: width, height: height).split(separator: "\n")
    #expect(lines.count < height)
    for line in lines { #expect(Columns.width(String(line)) <= width, "\(line)") }
  }

  @Test func coloursOnlyWrapTheSameText() {
    var plain = Self.frames(Scenario.failed.prefix(15))
    var colored = Self.frames(Scenario.failed.prefix(15), isColored: true)
    let text = colored.frame(at: Scenario.at(43_000), width: 60, height: 20)
    #expect(text.contains("\u{1B}[31m✗ 2/2\u{1B}[0m"))
    var stripped = ""
    var isEscape = false
    for scalar in text.unicodeScalars {
      if scalar == "\u{1B}" { isEscape = true }
      if !isEscape { stripped.unicodeScalars.append(scalar) }
      if scalar == "m" { isEscape = false }
    }
    #expect(stripped == plain.frame(at: Scenario.at(43_000), width: 60, height: 20))
  }

  @Test func nothingIsDrawnBeforeThePlan() {
    var renderer = TerminalRenderer()
    #expect(renderer.frame(at: Scenario.start, width: 80, height: 24) == "")
  }
}
