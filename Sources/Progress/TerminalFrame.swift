import OCI

/// One picture of a run: a header, the matrix, and a line for each running or failed cell.
struct TerminalFrame {
  let state: ProgressState
  let time: Timestamp
  let style: Style

  func lines(width: Int, height: Int) -> [String] {
    guard let plan = state.plan else { return [] }
    let details = detailLines(width: width)
    // No matrix fits, so the header and what runs has to do.
    if height < 7 { return [header(plan, width: width)] + details.prefix(height - 2) }
    // Header, column names, separator.
    let room = height - 1 - 3
    let shownDetails = Array(details.prefix(max(1, room / 2)))
    let matrix = matrixLines(plan, width: width, limit: max(1, room - shownDetails.count))
    let rule = style(.faint, String(repeating: "─", count: width))
    return [header(plan, width: width)] + matrix + (shownDetails.isEmpty ? [] : [rule] + shownDetails)
  }

  private func header(_ plan: RunPlan, width: Int) -> String {
    let work = plan.counts.total - plan.counts.unchanged
    let done = state.count { $0 != .upToDate }
    let left = "building \(done)/\(work) of \(Format.counted(plan.counts.total, "unit"))"
    let right = Format.clock(state.elapsed(at: time))
    let gap = width - Columns.width(left) - Columns.width(right)
    return gap < 1 ? Columns.truncated(left, to: width) : left + String(repeating: " ", count: gap) + right
  }

  private func matrixLines(_ plan: RunPlan, width: Int, limit: Int) -> [String] {
    let names = zip(TreeLines.prefixes(plan.rows.map(\.depth)), plan.rows).map { $0 + $1.component }
    let nameWidth = min(max(12, names.map(Columns.width).max() ?? 0) + 2, width / 2)
    let columnWidth = max(8, min(10, (width - nameWidth) / max(1, plan.platforms.count)))
    let columns = Array(plan.platforms.prefix(max(1, (width - nameWidth) / columnWidth)))
    let head =
      Columns.padded("", to: nameWidth)
      + columns.map { Columns.padded(Columns.truncated($0.shortName, to: columnWidth - 1), to: columnWidth) }.joined()
    let busy = activeComponents
    let active = plan.rows.indices.filter { busy.contains(plan.rows[$0].component) }
    let folds = plan.rows.count > limit
    let shown = folds ? Array(active.prefix(limit - 1)) : Array(plan.rows.indices)
    var lines = [style(.strong, Columns.trimmed(head))]
    for row in shown {
      var line = Columns.padded(Columns.truncated(names[row], to: nameWidth - 1), to: nameWidth)
      for platform in columns {
        let (tone, text) = label(CellID(component: plan.rows[row].component, platform: platform))
        let fitted = Columns.truncated(text, to: columnWidth - 1)
        line += style(tone, fitted) + String(repeating: " ", count: columnWidth - Columns.width(fitted))
      }
      lines.append(Columns.trimmed(line))
    }
    if folds { lines.append(style(.faint, "… \(plan.rows.count - shown.count) more components")) }
    return lines
  }

  /// Components with a cell that runs or failed.
  private var activeComponents: Set<String> {
    Set((state.running + state.failures.map(\.cell)).map(\.component))
  }

  private func label(_ id: CellID) -> (Style.Tone?, String) {
    guard let cell = state.cells[id] else { return (.faint, "–") }
    switch cell.phase {
    case .waiting: return (.faint, "○")
    case .running: return (.active, "◐" + (cell.step.map { " \($0.index)/\($0.total)" } ?? ""))
    case .finished(let result):
      switch result.outcome {
      case .built: return (.good, "✔ " + Format.duration(result.duration))
      case .copied: return (.good, "✔ copied")
      case .upToDate: return (.good, "✔ =")
      case .failed: return (.bad, "✗" + (cell.step.map { " \($0.index)/\($0.total)" } ?? ""))
      case .skipped: return (.faint, "– skipped")
      case .cancelled: return (.faint, "– stopped")
      }
    }
  }

  private func detailLines(width: Int) -> [String] {
    let running = state.running
    let failures = state.failures
    let nameWidth = min(24, (running + failures.map(\.cell)).map { Columns.width($0.description) }.max() ?? 0)
    let live = running.map { id in
      let cell = state.cells[id]
      let clock = (cell?.stepStarted ?? cell?.started).map { Format.clock(time - $0) } ?? ""
      return fit(
        "◐", .active, [(id.description, nameWidth), (title(cell), 36), (clock, 6), (activity(cell), 0)], width)
    }
    let failed = failures.map { failure in
      let text = title(state.cells[failure.cell]) + " — " + Printable.text(failure.failure.what.utf8)
      return fit("✗", .bad, [(failure.cell.description, nameWidth), (text, 0)], width)
    }
    return live + failed
  }

  private func title(_ cell: ProgressState.Cell?) -> String {
    cell?.step.map { "\($0.index)/\($0.total) \(Printable.text($0.text.utf8))" } ?? "starting"
  }

  /// The bytes of a transfer, else the last line of output.
  private func activity(_ cell: ProgressState.Cell?) -> String {
    guard let cell else { return "" }
    guard let transfer = cell.transfer else { return cell.lines.latest }
    let arrow = transfer.direction == .download ? "↓" : "↑"
    return "\(arrow) \(Format.bytes(transfer.done))" + (transfer.total.map { "/\(Format.bytes($0))" } ?? "")
  }

  /// A line of fields with fixed widths (0: as long as it is), cut to the terminal.
  private func fit(_ symbol: String, _ tone: Style.Tone, _ fields: [(String, Int)], _ width: Int) -> String {
    let texts = fields.map { text, width in
      width == 0 ? text : Columns.padded(Columns.truncated(text, to: width), to: width)
    }
    let line = Columns.trimmed(texts.joined(separator: "  "))
    return style(tone, symbol) + " " + Columns.truncated(line, to: width - 2)
  }
}
