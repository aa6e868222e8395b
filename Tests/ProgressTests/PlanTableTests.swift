import Progress
import Testing

@Suite("Plan table") struct PlanTableTests {
  private static let table = PlanTable(
    headings: [.init("set", "side-images"), .init("dest", "quay.io/microshift (env DEST_REGISTRY)")],
    columns: ["amd64", "arm/v7"],
    rows: [
      .init("base-image", cells: [.init(.upToDate), .init(.changed, "base")], why: "ubi8-minimal moved"),
      .init("cli", depth: 1, cells: [.init(.copied, "OCP"), .init(.added, "new")], why: "base-image changes"),
      .init("top", depth: 2, cells: [.init(.copied, "OCP"), .init(.added, "new")]),
      .init("dns", depth: 1, cells: [.init(.excluded), .init(.blocked, "no recipe")]),
    ], counts: PlanCounts(added: 2, changed: 1, copied: 2, unchanged: 1),
    notes: ["2 base images unpinned → `imgset lock`"])

  @Test func theWholeTable() {
    #expect(
      Self.table.rendered(hasLegend: true) == """
        set   side-images
        dest  quay.io/microshift (env DEST_REGISTRY)

                      amd64     arm/v7       why
        base-image    =         ~ base       ubi8-minimal moved
        ├─ cli        ↧ OCP     + new        base-image changes
        │  └─ top     ↧ OCP     + new
        └─ dns        –         ! no recipe

        = up to date · ~ rebuild · + first build · ↧ copied from existing image · ! blocked · – excluded

        Plan: 2 to add, 1 to change, 2 to copy, 1 unchanged
              2 base images unpinned → `imgset lock`

        """)
  }

  @Test func reasonsAreCutToTheTerminal() {
    let lines = Self.table.rendered(width: 50).split(separator: "\n")
    #expect(lines.contains("base-image    =         ~ base       ubi8-minimal…"))
    #expect(lines.contains("├─ cli        ↧ OCP     + new        base-image c…"))
  }

  @Test func coloursSayWhatSymbolsSay() {
    let text = Self.table.rendered(isColored: true)
    #expect(text.contains("\u{1B}[31m! no recipe\u{1B}[0m"))
    #expect(text.contains("\u{1B}[36m↧ OCP\u{1B}[0m"))
  }

  @Test func aPlanWithoutRowsIsStillOne() {
    let empty = PlanTable(headings: [], columns: [], rows: [], counts: PlanCounts())
    #expect(empty.rendered() == "\n\nPlan: 0 to add, 0 to change, 0 to copy, 0 unchanged\n")
  }
}

@Suite("Numbers and columns") struct FormatTests {
  @Test(arguments: [
    (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (12_345, "12.3 kB"), (99_949, "99.9 kB"), (99_950, "100 kB"),
    (999_499, "999 kB"), (999_500, "1.0 MB"), (91_300_000, "91.3 MB"), (1_900_000_000, "1.9 GB"), (-400_000, "-400 kB"),
    (Int64.max, "9223 PB"),
  ])
  func bytes(count: Int64, text: String) { #expect(Format.bytes(count) == text) }

  @Test(arguments: [
    (0, "0.0s"), (49, "0.0s"), (50, "0.1s"), (400, "0.4s"), (58_200, "58.2s"), (59_949, "59.9s"), (59_950, "1m00s"),
    (72_000, "1m12s"), (3_599_400, "59m59s"), (3_600_000, "1h00m"), (7_500_000, "2h05m"),
  ])
  func durations(milliseconds: Int64, text: String) {
    #expect(Format.duration(.milliseconds(milliseconds)) == text)
  }

  @Test(arguments: [("abc", 3), ("漢字", 4), ("e\u{301}", 1), ("├─ ", 3), ("", 0)])
  func widths(text: String, width: Int) {
    #expect(Columns.width(text) == width)
    #expect(Columns.width(Columns.padded(text, to: 10)) == 10)
    for limit in 0...5 { #expect(Columns.width(Columns.truncated(text, to: limit)) <= limit) }
  }

  @Test(arguments: [
    ("a\tb", "a  b"), ("\u{1B}[1;31mred\u{1B}[0m", "red"), ("\u{1B}]0;title\u{07}x", "x"), ("a\rb\r", "b"),
    ("bell\u{07}\u{202E}", "bell"), ("\u{1B}", ""), ("\u{1B}[31", ""), ("ünï", "ünï"),
  ])
  func outputIsMadePrintable(raw: String, text: String) {
    var buffer = LineBuffer()
    buffer.append(raw.utf8)
    buffer.endLine()
    #expect(buffer.lines == [text])
  }
}
