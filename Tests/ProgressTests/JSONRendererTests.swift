import OCI
import Progress
import Testing

@Suite("JSON output") struct JSONRendererTests {
  private static func render(_ events: [Scenario.Timed]) throws -> [String] {
    var renderer = JSONRenderer()
    return try events.map { String(decoding: try renderer.render($0.event, at: $0.time), as: UTF8.self) }
  }

  @Test func everyEventIsOneLine() throws {
    let lines = try Self.render(Scenario.good + Scenario.failed)
    for line in lines {
      #expect(line.last == "\n")
      #expect(line.filter { $0 == "\n" }.count == 1)
      #expect(line.hasSuffix(#""v":1}"# + "\n"))
    }
  }

  @Test func fieldsAreThoseOfTheFormat() throws {
    let lines = try Self.render(Scenario.failed)
    let expected = [
      (
        0,
        #"{"counts":{"add":3,"change":1,"copy":1,"unchanged":1},"t":"2026-03-01T12:00:00.250Z","type":"run.started","units":["base/amd64","base/arm/v7","cli/amd64","cli/arm/v7","dns/amd64","dns/arm/v7"],"v":1}"#
      ),
      (2, #"{"t":"2026-03-01T12:00:00.260Z","type":"unit.started","unit":"base/arm/v7","v":1}"#),
      (
        4,
        #"{"name":"FROM fedora","step":1,"t":"2026-03-01T12:00:00.262Z","total":2,"type":"step.started","unit":"base/arm/v7","v":1}"#
      ),
      (
        5,
        #"{"cached":true,"milliseconds":3,"step":1,"t":"2026-03-01T12:00:00.265Z","type":"step.done","unit":"base/arm/v7","v":1}"#
      ),
      (
        7,
        #"{"bytes":5000000,"direction":"download","name":"layer","t":"2026-03-01T12:00:00.275Z","totalBytes":9100000,"type":"xfer","unit":"cli/amd64","v":1}"#
      ),
      (
        8,
        #"{"step":2,"t":"2026-03-01T12:00:00.750Z","text":"Downloading 10%\rDownloading 99%\r\n::set-env x\n\u001b[31mred","type":"step.log","unit":"base/arm/v7","v":1}"#
      ),
      (
        11,
        #"{"file":"components/base/Dockerfile.arm","line":12,"milliseconds":41590,"outcome":"failed","t":"2026-03-01T12:00:41.850Z","text":"exit status 2","type":"unit.done","unit":"base/arm/v7","v":1}"#
      ),
      (
        12,
        #"{"cause":"base/arm/v7","milliseconds":0,"outcome":"skipped","t":"2026-03-01T12:00:41.850Z","type":"unit.done","unit":"cli/arm/v7","v":1}"#
      ),
      (14, #"{"t":"2026-03-01T12:00:42.250Z","text":"warning: no release payload","type":"warn","v":1}"#),
      (16, #"{"images":[],"t":"2026-03-01T12:00:42.450Z","text":"3 of 6 units are missing","type":"run.done","v":1}"#),
    ]
    for (index, line) in expected { #expect(lines[index] == line + "\n") }
  }

  @Test(arguments: [
    (0, "1970-01-01T00:00:00.000Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
    (1_709_251_199_999, "2024-02-29T23:59:59.999Z"), (1_709_251_200_000, "2024-03-01T00:00:00.000Z"),
    (4_102_444_800_001, "2100-01-01T00:00:00.001Z"), (-1, "1969-12-31T23:59:59.999Z"),
    (1_767_225_599_000, "2025-12-31T23:59:59.000Z"),
  ])
  func timesAreCalendarDates(milliseconds: Int64, text: String) {
    #expect(Timestamp(milliseconds: milliseconds).iso8601 == text)
  }
}
