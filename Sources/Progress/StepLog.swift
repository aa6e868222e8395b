/// The steps of a running cell with what each wrote, kept until the cell ends.
struct StepLog: Sendable {
  private struct Entry {
    let step: BuildEvent.Step?
    var status = ""
    var lines = LineBuffer()
  }

  private var entries: [Entry] = []

  mutating func start(_ step: BuildEvent.Step) { entries.append(Entry(step: step)) }

  mutating func append(_ bytes: [UInt8]) {
    // Output before the first step comes from preparing the cell.
    if entries.isEmpty { entries.append(Entry(step: nil)) }
    entries[entries.count - 1].lines.append(bytes)
  }

  mutating func finish(index: Int, isCached: Bool, duration: Duration) {
    guard let position = entries.lastIndex(where: { $0.step?.index == index }) else { return }
    entries[position].status = isCached ? "cached" : Format.duration(duration)
  }

  /// Every step with its time, followed by its output; the mark in front keeps output from being taken for commands.
  func lines() -> [String] {
    var result: [String] = []
    let titles = entries.map { entry in
      entry.step.map { "\($0.index)/\($0.total) \(Printable.text($0.text.utf8))" } ?? ""
    }
    let width = min(70, titles.map(Columns.width).max() ?? 0)
    for (title, var entry) in zip(titles, entries) {
      entry.lines.endLine()
      if entry.step != nil { result.append(Columns.trimmed(Columns.padded(title, to: width) + "  " + entry.status)) }
      if entry.lines.dropped > 0 { result.append("  … \(entry.lines.dropped) lines left out") }
      result += entry.lines.lines.map { Columns.trimmed("  │ " + $0) }
    }
    return result
  }
}
