/// What a run would do, as a matrix of components and architectures; filled by planning, shown by `imgset plan`.
package struct PlanTable: Sendable {
  /// What would happen to a cell.
  package enum Symbol: String, Hashable, Sendable, CaseIterable {
    case upToDate = "="
    case changed = "~"
    case added = "+"
    case copied = "↧"
    case blocked = "!"
    case excluded = "–"

    var meaning: String {
      switch self {
      case .upToDate: "up to date"
      case .changed: "rebuild"
      case .added: "first build"
      case .copied: "copied from existing image"
      case .blocked: "blocked"
      case .excluded: "excluded"
      }
    }

    var tone: Style.Tone? {
      switch self {
      case .upToDate, .excluded: .faint
      case .changed, .added, .copied: .active
      case .blocked: .bad
      }
    }
  }

  /// One component for one architecture.
  package struct Cell: Hashable, Sendable {
    package let symbol: Symbol
    /// A word of explanation, may be empty: `base`, `new`.
    package let text: String

    package init(_ symbol: Symbol, _ text: String = "") {
      self.symbol = symbol
      self.text = text
    }

    var label: String { text.isEmpty ? symbol.rawValue : "\(symbol.rawValue) \(text)" }
  }

  /// One component.
  package struct Row: Hashable, Sendable {
    package let name: String
    /// Depth in the tree of dependencies, 0 for a root.
    package let depth: Int
    /// One for each column.
    package let cells: [Cell]
    /// Why something is to be done; empty when nothing is.
    package let why: String

    package init(_ name: String, depth: Int = 0, cells: [Cell], why: String = "") {
      self.name = name
      self.depth = depth
      self.cells = cells
      self.why = why
    }
  }

  /// A line above the matrix: `dest`, `quay.io/microshift (env DEST_REGISTRY)`.
  package struct Heading: Hashable, Sendable {
    package let label: String
    package let value: String

    package init(_ label: String, _ value: String) {
      self.label = label
      self.value = value
    }
  }

  package let headings: [Heading]
  /// Short names of the architectures.
  package let columns: [String]
  package let rows: [Row]
  package let counts: PlanCounts
  /// Lines below the matrix: what to do next.
  package let notes: [String]

  /// - Precondition: every row has as many cells as there are columns.
  package init(headings: [Heading], columns: [String], rows: [Row], counts: PlanCounts, notes: [String] = []) {
    precondition(rows.allSatisfy { $0.cells.count == columns.count }, "a row needs one cell for each column")
    self.headings = headings
    self.columns = columns
    self.rows = rows
    self.counts = counts
    self.notes = notes
  }

  /// The table as text that ends with a line feed.
  ///
  /// - Parameters:
  ///   - width: columns of the terminal; the last column is cut to fit. nil cuts nothing.
  ///   - hasLegend: whether a line explains the symbols.
  package func rendered(width: Int? = nil, isColored: Bool = false, hasLegend: Bool = false) -> String {
    let style = Style(isColored: isColored)
    let labelWidth = headings.map { Columns.width($0.label) }.max() ?? 0
    var lines = headings.map { "\(style(.strong, Columns.padded($0.label, to: labelWidth)))  \($0.value)" }
    if !lines.isEmpty { lines.append("") }
    lines += matrix(width: width, style)
    if hasLegend {
      lines += ["", Symbol.allCases.map { "\($0.rawValue) \($0.meaning)" }.joined(separator: " · ")]
    }
    let parts = [(counts.added, "to add"), (counts.changed, "to change"), (counts.copied, "to copy")]
    lines += [
      "", "Plan: " + (parts.map { "\($0.0) \($0.1)" } + ["\(counts.unchanged) unchanged"]).joined(separator: ", "),
    ]
    lines += notes.map { "      " + $0 }
    return lines.joined(separator: "\n") + "\n"
  }

  private func matrix(width: Int?, _ style: Style) -> [String] {
    let prefixes = TreeLines.prefixes(rows.map(\.depth))
    let names = zip(prefixes, rows).map { $0 + $1.name }
    let nameWidth = max(12, names.map(Columns.width).max() ?? 0) + 2
    let columnWidths = columns.indices.map { column in
      max(8, Columns.width(columns[column]), rows.map { Columns.width($0.cells[column].label) }.max() ?? 0) + 2
    }
    let hasReasons = rows.contains { !$0.why.isEmpty }
    var header = Columns.padded("", to: nameWidth)
    for (name, width) in zip(columns, columnWidths) { header += Columns.padded(name, to: width) }
    var lines = [style(.strong, Columns.trimmed(header + (hasReasons ? "why" : "")))]
    let used = nameWidth + columnWidths.reduce(0, +)
    for (name, row) in zip(names, rows) {
      var line = Columns.padded(name, to: nameWidth)
      for (cell, width) in zip(row.cells, columnWidths) {
        line += style(cell.symbol.tone, cell.label) + String(repeating: " ", count: width - Columns.width(cell.label))
      }
      let why = width.map { Columns.truncated(row.why, to: max(0, $0 - used)) } ?? row.why
      lines.append(Columns.trimmed(line + why))
    }
    return lines
  }
}
