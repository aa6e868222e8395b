extension Summary {
  /// The end of a run with cells that failed, were skipped or cancelled.
  func failed(_ style: Style) -> [String] {
    let failures = state.failures
    let skipped = state.count(\.isSkipped)
    let cancelled = state.count { $0 == .cancelled }
    let done = state.count { !$0.isFailure && !$0.isSkipped && $0 != .cancelled }
    let total = Format.counted(state.cells.count, "unit")
    var counts = ["\(done) done", "\(skipped) skipped"]
    if cancelled > 0 { counts.append("\(cancelled) cancelled") }
    let what = failures.isEmpty ? "the run was cancelled" : "\(failures.count) of \(total) failed"
    var lines = ["\(style(.bad, "error:")) \(what) (\(counts.joined(separator: ", ")))"]
    for failure in failures {
      lines += [""] + block(failure.cell, failure.failure, failure.result, style)
    }
    if !failures.isEmpty { lines += [""] + skippedCells }
    if let reason = result.notPublished { lines.append("not published: " + Printable.text(reason.utf8)) }
    if let log = result.log { lines.append("log: " + log) }
    while lines.last == "" { lines.removeLast() }
    return lines
  }

  private func block(_ id: CellID, _ failure: CellFailure, _ result: CellResult, _ style: Style) -> [String] {
    let cell = state.cells[id]
    var title = [style(.bad, "✗") + " " + style(.strong, "\(id)")]
    if let place = failure.place { title.append(Printable.text(place.utf8)) }
    if let step = cell?.step { title.append("step \(step.index)/\(step.total)") }
    if let location = failure.location { title.append("on \(location)") }
    title.append("after \(Format.duration(result.duration))")
    var lines = [title.joined(separator: "   ")]
    lines += excerpt(failure)
    lines += failure.why.map { "   = why: " + Printable.text($0.utf8) }
    let tail = cell?.lines.tail(Self.tailLines) ?? []
    // The mark keeps a log viewer from taking a line for one of its commands.
    if !tail.isEmpty { lines += ["   last output:"] + tail.map { Columns.trimmed("    │ " + $0) } }
    lines += failure.help.map { "   = help: " + Printable.text($0.utf8) }
    lines.append("   retry only this: imgset build \(id)")
    return lines
  }

  /// The file's lines with their numbers, and what happened below the one at fault.
  private func excerpt(_ failure: CellFailure) -> [String] {
    let width = failure.excerpt.map { String($0.number).utf8.count }.max() ?? 0
    guard width > 0 else { return ["   ╰ \(Printable.text(failure.what.utf8))"] }
    var lines: [String] = []
    for line in failure.excerpt {
      let number = String(line.number)
      let padding = String(repeating: " ", count: width - number.utf8.count)
      lines.append(" \(line.isFault ? "▸" : " ") \(padding)\(number) │ \(Printable.text(line.text.utf8))")
      if line.isFault {
        lines.append("   \(String(repeating: " ", count: width)) ╰ \(Printable.text(failure.what.utf8))")
      }
    }
    return lines
  }

  /// One line for each failed cell that others wait for.
  private var skippedCells: [String] {
    var waiting: [CellID: [CellID]] = [:]
    for id in state.plan?.cells ?? state.cells.keys.sorted() {
      if case .finished(let result) = state.cells[id]?.phase, case .skipped(let cause) = result.outcome {
        waiting[cause, default: []].append(id)
      }
    }
    return waiting.sorted { $0.key < $1.key }.map { cause, cells in
      "skipped because \(cause) failed: " + cells.map(\.description).joined(separator: " ")
    }
  }
}
