/// The end of a run in words: one line for a no-op, a table for a good run, and for a failed one all it takes to act.
package struct Summary: Sendable {
  /// How many of a failed cell's last lines are shown.
  static let tailLines = 20

  let state: ProgressState
  let result: RunResult

  package init(state: ProgressState, result: RunResult) {
    self.state = state
    self.result = result
  }

  /// The text, ending with a line feed.
  package func rendered(isColored: Bool = false) -> String {
    lines(isColored: isColored).map { $0 + "\n" }.joined()
  }

  func lines(isColored: Bool) -> [String] {
    let style = Style(isColored: isColored)
    if state.count({ $0.isFailure || $0.isSkipped || $0 == .cancelled }) > 0 { return failed(style) }
    if isNoOp {
      let units = Format.counted(state.cells.count, "unit")
      return ["\(style(.good, "✔")) \(units) up to date (\(Format.duration(state.elapsed())))"]
    }
    return good(style)
  }

  private var isNoOp: Bool {
    state.count { $0 != .upToDate } == 0 && (result.pushed?.sent ?? 0) == 0 && result.notPublished == nil
  }

  private func good(_ style: Style) -> [String] {
    let components = Set(state.cells.keys.map(\.component)).count
    let platforms = Set(state.cells.keys.map(\.platform)).count
    var parts = ["\(Format.counted(components, "image")) × \(Format.counted(platforms, "architecture"))", counts]
    parts.append(Format.duration(state.elapsed()))
    if let pushed = result.pushed {
      parts.append("pushed \(Format.bytes(pushed.sent)) of \(Format.bytes(pushed.total))")
    }
    var lines = ["\(style(.good, "✔")) " + parts.joined(separator: "   ")]
    if !result.images.isEmpty { lines += [""] + table(style) }
    if let slowest { lines += ["", "slowest: " + slowest] }
    if let reason = result.notPublished { lines += ["", "not published: " + reason] }
    return lines
  }

  /// `11 built, 13 copied, 16 unchanged`, without what did not occur.
  private var counts: String {
    let all = [
      (state.count { $0 == .built }, "built"), (state.count { $0 == .copied }, "copied"),
      (state.count { $0 == .upToDate }, "unchanged"),
    ]
    return all.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
  }

  /// Images grouped by the part of their names before the last slash.
  private func table(_ style: Style) -> [String] {
    let split = result.images.map { image -> (prefix: String, name: String) in
      guard let slash = image.name.lastIndex(of: "/") else { return ("", image.name) }
      return (String(image.name[...slash]), String(image.name[image.name.index(after: slash)...]))
    }
    var rows: [[String]] = []
    var prefix: String?
    for (part, image) in zip(split, result.images) {
      if part.prefix != prefix {
        let titles = rows.isEmpty ? ["digest", "size", "Δ", "platforms"] : ["", "", "", ""]
        rows.append([part.prefix] + titles)
        prefix = part.prefix
      }
      rows.append([
        "  \(part.name):\(image.tag)", Format.digest(image.digest), image.size.map(Format.bytes) ?? "",
        image.sizeChange.map(Format.change) ?? "", String(image.platforms),
      ])
    }
    let widths = (0..<5).map { column in rows.map { Columns.width($0[column]) }.max() ?? 0 }
    return rows.map { row in
      Columns.trimmed(zip(row, widths).map { Columns.padded($0, to: $1) }.joined(separator: "  "))
    }
  }

  /// The three cells that took longest, when they took a second or more.
  private var slowest: String? {
    let timed = state.cells.compactMap { id, cell -> (CellID, Duration)? in
      guard case .finished(let result) = cell.phase, result.duration >= .seconds(1) else { return nil }
      return (id, result.duration)
    }
    let longest = timed.sorted { ($1.1, $0.0) < ($0.1, $1.0) }.prefix(3)
    return longest.isEmpty ? nil : longest.map { "\($0) \(Format.duration($1))" }.joined(separator: " · ")
  }
}
