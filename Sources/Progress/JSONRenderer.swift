import OCI

/// One JSON object a line for each event, with sorted keys: what `--progress=rawjson` prints.
///
/// `v` is the version of the format; fields may be added within a version, never changed or removed.
package struct JSONRenderer: Sendable {
  private var steps: [CellID: Int] = [:]

  package init() {}

  /// The line for an event, with its line feed.
  ///
  /// - Throws: `EncodingError`; never for values that come from events.
  package mutating func render(_ event: BuildEvent, at time: Timestamp) throws -> [UInt8] {
    var record = Record(t: time.iso8601, type: "")
    fill(&record, event)
    return try CanonicalJSON.encode(record) + [UInt8(ascii: "\n")]
  }

  private mutating func fill(_ record: inout Record, _ event: BuildEvent) {
    switch event {
    case .runStarted(let plan):
      record.type = "run.started"
      record.units = plan.cells.map(\.description)
      record.counts = [
        "add": plan.counts.added, "change": plan.counts.changed, "copy": plan.counts.copied,
        "unchanged": plan.counts.unchanged,
      ]
    case .cellStarted(let id): (record.type, record.unit) = ("unit.started", id.description)
    case .stepStarted(let id, let step):
      steps[id] = step.index
      (record.type, record.unit, record.step, record.total) = ("step.started", id.description, step.index, step.total)
      record.name = step.text
    case .output(let id, let bytes):
      (record.type, record.unit, record.step) = ("step.log", id.description, steps[id])
      record.text = String(decoding: bytes, as: UTF8.self)
    case .stepFinished(let id, let index, let isCached, let duration):
      (record.type, record.unit, record.step, record.cached) = ("step.done", id.description, index, isCached)
      record.milliseconds = Self.milliseconds(duration)
    case .cellFinished(let id, let result): fill(&record, id, result)
    case .transfer(let transfer):
      (record.type, record.unit, record.name) = ("xfer", transfer.cell?.description, transfer.name)
      (record.direction, record.bytes, record.totalBytes) = (transfer.direction.rawValue, transfer.done, transfer.total)
    case .warning(let text): (record.type, record.text) = ("warn", text)
    case .runFinished(let result):
      record.type = "run.done"
      record.images = result.images.map { "\($0.name):\($0.tag)@\($0.digest)" }
      (record.bytes, record.totalBytes) = (result.pushed?.sent, result.pushed?.total)
      record.text = result.notPublished
    }
  }

  private mutating func fill(_ record: inout Record, _ id: CellID, _ result: CellResult) {
    steps[id] = nil
    (record.type, record.unit) = ("unit.done", id.description)
    record.digest = result.digest
    (record.bytes, record.milliseconds) = (result.size, Self.milliseconds(result.duration))
    switch result.outcome {
    case .built: record.outcome = "built"
    case .copied: record.outcome = "copied"
    case .upToDate: record.outcome = "unchanged"
    case .failed(let failure):
      record.outcome = "failed"
      record.text = failure.what
      (record.file, record.line) = (failure.file, failure.line)
    case .skipped(let cause):
      record.outcome = "skipped"
      record.cause = cause.description
    case .cancelled: record.outcome = "cancelled"
    }
  }

  private static func milliseconds(_ duration: Duration) -> Int64 {
    duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
  }

  /// Absent fields are left out.
  private struct Record: Encodable {
    let v = 1
    var t: String
    var type: String
    var unit: String?
    var step: Int?
    var total: Int?
    var name: String?
    var text: String?
    var cached: Bool?
    var outcome: String?
    var cause: String?
    var digest: Digest?
    var bytes: Int64?
    var totalBytes: Int64?
    var direction: String?
    var milliseconds: Int64?
    var file: String?
    var line: Int?
    var units: [String]?
    var images: [String]?
    var counts: [String: Int]?
  }
}
