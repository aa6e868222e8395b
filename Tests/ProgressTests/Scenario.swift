import OCI
import Progress

/// Runs as lists of events with their times, for all renderers.
enum Scenario {
  typealias Timed = (time: Timestamp, event: BuildEvent)

  static let start = Timestamp(milliseconds: 1_772_366_400_250)

  static func at(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: start.milliseconds + milliseconds) }

  static func cell(_ component: String, _ architecture: String) -> CellID {
    CellID(component: component, platform: Platform(architecture: architecture).normalised)
  }

  static func digest(_ byte: UInt8) -> Digest { Digest(sha256: repeatElement(byte, count: 32)) }

  static func plan(_ rows: [RunPlan.Row], _ counts: PlanCounts, _ architectures: [String] = ["amd64", "arm"]) -> RunPlan
  {
    let platforms = architectures.map { Platform(architecture: $0).normalised }
    return RunPlan(
      rows: rows, platforms: platforms,
      cells: rows.flatMap { row in platforms.map { CellID(component: row.component, platform: $0) } }, counts: counts)
  }

  private static func step(_ index: Int, _ total: Int, _ text: String) -> BuildEvent.Step {
    BuildEvent.Step(index: index, total: total, text: text)
  }

  static let rows = [RunPlan.Row("base"), RunPlan.Row("cli", depth: 1), RunPlan.Row("dns", depth: 1)]

  private static let firstHalf: [Timed] = [
    (at(0), .runStarted(plan(rows, PlanCounts(added: 3, changed: 1, copied: 1, unchanged: 1)))),
    (at(0), .cellFinished(cell("base", "amd64"), CellResult(.upToDate, digest: digest(1)))),
    (at(10), .cellStarted(cell("base", "arm"))),
    (at(10), .cellStarted(cell("cli", "amd64"))),
    (at(12), .stepStarted(cell("base", "arm"), step(1, 2, "FROM fedora"))),
    (at(15), .stepFinished(cell("base", "arm"), index: 1, isCached: true, duration: .milliseconds(3))),
    (at(20), .stepStarted(cell("base", "arm"), step(2, 2, "RUN microdnf install -y tar"))),
    (
      at(25),
      .transfer(
        .init(cell: cell("cli", "amd64"), direction: .download, name: "layer", done: 5_000_000, total: 9_100_000))
    ),
    (
      at(500),
      .output(cell("base", "arm"), Array("Downloading 10%\rDownloading 99%\r\n::set-env x\n\u{1B}[31mred".utf8))
    ),
    (
      at(900),
      .cellFinished(
        cell("cli", "amd64"), CellResult(.copied, digest: digest(2), size: 178_000_000, duration: .milliseconds(890)))
    ),
    (at(41_000), .output(cell("base", "arm"), Array(" and more\nComplete!\n".utf8))),
  ]

  /// Everything is built.
  static let good: [Timed] =
    firstHalf + [
      (at(41_500), .stepFinished(cell("base", "arm"), index: 2, isCached: false, duration: .milliseconds(41_480))),
      (
        at(41_600),
        .cellFinished(
          cell("base", "arm"),
          CellResult(.built, digest: digest(3), size: 91_300_000, sizeChange: 400_000, duration: .milliseconds(41_590)))
      ),
      (
        at(41_700),
        .cellFinished(
          cell("cli", "arm"),
          CellResult(.built, digest: digest(4), size: 95_000_000, sizeChange: 0, duration: .seconds(2)))
      ),
      (
        at(41_700),
        .cellFinished(
          cell("dns", "amd64"), CellResult(.built, digest: digest(5), size: 999_999, duration: .milliseconds(100)))
      ),
      (
        at(41_700),
        .cellFinished(
          cell("dns", "arm"), CellResult(.built, digest: digest(6), size: 1_000_000, duration: .milliseconds(95)))
      ),
      (
        at(61_250),
        .runFinished(
          RunResult(
            images: [
              .init(
                name: "quay.io/m/base", tag: "4.18", digest: digest(7), size: 91_000_000, sizeChange: 400_000,
                platforms: 2),
              .init(
                name: "quay.io/m/cli", tag: "4.18", digest: digest(8), size: 178_000_000, sizeChange: 0, platforms: 2),
              .init(name: "quay.io/m/dns", tag: "4.18", digest: digest(9), size: 1_000_000, platforms: 2),
            ], pushed: .init(sent: 212_000_000, total: 1_900_000_000)))
      ),
    ]

  /// base/arm fails, what needs it is skipped.
  static let failed: [Timed] =
    firstHalf + [
      (
        at(41_600),
        .cellFinished(
          cell("base", "arm"),
          CellResult(
            .failed(
              CellFailure(
                "exit status 2", file: "components/base/Dockerfile.arm", line: 12,
                excerpt: [
                  .init(number: 9, text: "FROM fedora"),
                  .init(number: 12, text: "RUN microdnf install -y tar", isFault: true),
                ],
                why: ["the package is not there"], help: ["imgset runs logs base/arm/v7"], location: "qemu")),
            duration: .milliseconds(41_590)))
      ),
      (at(41_600), .cellFinished(cell("cli", "arm"), CellResult(.skipped(because: cell("base", "arm"))))),
      (at(41_600), .cellFinished(cell("dns", "arm"), CellResult(.skipped(because: cell("base", "arm"))))),
      (at(42_000), .warning("warning: no release payload")),
      (
        at(42_100),
        .cellFinished(
          cell("dns", "amd64"), CellResult(.built, digest: digest(5), size: 12_345, duration: .milliseconds(77)))
      ),
      (at(42_200), .runFinished(RunResult(notPublished: "3 of 6 units are missing", log: "runs/7f3a"))),
    ]

  static let nothingToDo: [Timed] = [
    (at(0), .runStarted(plan([.init("base")], PlanCounts(unchanged: 2)))),
    (at(1), .cellFinished(cell("base", "amd64"), CellResult(.upToDate, digest: digest(1)))),
    (at(2), .cellFinished(cell("base", "arm"), CellResult(.upToDate, digest: digest(2)))),
    (at(400), .runFinished(RunResult())),
  ]
}
