extension Diagnostic {
  /// How many lines of a range that spans several are shown before the rest is left out.
  static let excerptLines = 12

  /// The message as text in several lines, ending with a line feed.
  ///
  ///     error: unknown instruction: FNTRYPOINT (did you mean ENTRYPOINT?)
  ///      --> components/cli/Dockerfile:3:1
  ///       |
  ///     3 | FNTRYPOINT ["/bin/sh"]
  ///       | ^^^^^^^^^^
  ///      = help: …
  ///
  /// - Parameter color: whether to add ANSI colour sequences; they never come from user input.
  package func rendered(color: Bool = false) -> String {
    let style = Style(enabled: color)
    var lines: [String] = []
    let name = rule.map { "\(severity.rawValue)[\(printable($0))]" } ?? severity.rawValue
    lines.append("\(style.severity(severity, name + ":")) \(style.bold(printable(what)))")
    switch location {
    case .range(let range):
      let start = range.start
      lines.append(" \(style.frame("-->")) \(printable(range.file.name)):\(start.line):\(start.column)")
      lines += excerpt(range, style: style)
    case .text(let place):
      lines.append(" \(style.frame("-->")) \(printable(place))")
    case .none:
      break
    }
    lines += why.map { " \(style.frame("=")) why: \(printable($0))" }
    lines += help.map { " \(style.frame("=")) help: \(printable($0))" }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The lines of the range with their numbers; a range within one line is underlined.
  private func excerpt(_ range: SourceRange, style: Style) -> [String] {
    let numbers = range.lines
    let shown = numbers.prefix(Self.excerptLines)
    let width = String(shown.last ?? numbers.upperBound).utf8.count
    let gutter = String(repeating: " ", count: width) + " " + style.frame("|")
    var lines = [gutter]
    for number in shown {
      let label = String(number)
      let padding = String(repeating: " ", count: width - label.utf8.count)
      let text = ExcerptLine(range.file.line(number))
      lines.append(trimmingEnd(padding + style.frame("\(label) |") + " " + text.text))
      if numbers.count == 1 {
        let start = range.start.column
        let mark = text.underline(from: start, length: range.offsets.count)
        lines.append(gutter + " " + mark.indent + style.severity(severity, mark.carets))
      }
    }
    if numbers.count > shown.count { lines.append(gutter + " … \(numbers.count - shown.count) more lines") }
    return lines
  }

  private func trimmingEnd(_ text: String) -> String {
    var bytes = Array(text.utf8)
    while bytes.last == UInt8(ascii: " ") { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// The ANSI sequences of a message, or none.
private struct Style {
  let enabled: Bool

  func wrap(_ code: String, _ text: String) -> String { enabled ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }
  func bold(_ text: String) -> String { wrap("1", text) }
  func frame(_ text: String) -> String { wrap("34", text) }
  func severity(_ severity: Diagnostic.Severity, _ text: String) -> String {
    wrap(severity == .error ? "1;31" : "1;33", text)
  }
}
