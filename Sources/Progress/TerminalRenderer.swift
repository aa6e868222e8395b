/// A matrix of the run that is redrawn in place; the driver prints a frame several times a second.
///
/// One screen, never scrolling: rows without activity are folded when the matrix is higher than the terminal.
package struct TerminalRenderer: Sendable {
  package private(set) var state = ProgressState()
  private let isColored: Bool
  /// Lines of the frame that is on the screen.
  private var drawn = 0

  package init(isColored: Bool = true) { self.isColored = isColored }

  /// Takes an event; draws nothing.
  package mutating func apply(_ event: BuildEvent, at time: Timestamp) { state.apply(event, at: time) }

  /// The text that replaces the frame on the screen by the present one, for a terminal of this size.
  package mutating func frame(at time: Timestamp, width: Int, height: Int) -> String {
    let lines = TerminalFrame(state: state, time: time, style: Style(isColored: isColored))
      .lines(width: max(20, width), height: max(4, height))
    let text = erase() + lines.map { $0 + "\n" }.joined()
    drawn = lines.count
    return text
  }

  /// The text that removes the frame, to be followed by the summary.
  package mutating func finish() -> String {
    defer { drawn = 0 }
    return erase()
  }

  /// Back to the first line of the frame, and everything below cleared.
  private func erase() -> String { drawn == 0 ? "" : "\u{1B}[\(drawn)F\u{1B}[0J" }
}
