/// The lines that a cell wrote: cut from chunks, made printable, and bounded.
package struct LineBuffer: Sendable {
  /// Most bytes that are kept; beyond, the oldest lines go.
  static let limit = 1 << 20
  /// A line longer than this many bytes is cut in pieces.
  static let longestLine = 4096

  /// Complete lines, oldest first.
  package private(set) var lines: [String] = []
  /// How many lines had to go.
  package private(set) var dropped = 0
  private var pending: [UInt8] = []
  private var size = 0

  package init() {}

  package mutating func append(_ bytes: some Collection<UInt8>) {
    var rest = Array(bytes)[...]
    while !rest.isEmpty {
      let room = rest.prefix(Self.longestLine - pending.count)
      if let end = room.firstIndex(of: UInt8(ascii: "\n")) {
        pending += rest[..<end]
        finishLine()
        rest = rest[(end + 1)...]
      } else {
        pending += room
        if pending.count == Self.longestLine { finishLine() }
        rest = rest[room.endIndex...]
      }
    }
  }

  /// Ends a line that has no line end yet.
  package mutating func endLine() {
    if !pending.isEmpty { finishLine() }
  }

  /// The last lines, at most `count`.
  package func tail(_ count: Int) -> [String] { Array(lines.suffix(count)) }

  /// The latest line that says something, complete or not.
  package var latest: String {
    let current = Printable.text(pending)
    return current.isEmpty ? lines.last { !$0.isEmpty } ?? "" : current
  }

  package mutating func removeAll() { self = LineBuffer() }

  private mutating func finishLine() {
    let line = Printable.text(pending)
    pending.removeAll(keepingCapacity: true)
    lines.append(line)
    size += line.utf8.count + 1
    guard size > Self.limit else { return }
    // A quarter at a time, so that dropping stays cheap.
    var gone = 0
    while gone < lines.count, size > Self.limit * 3 / 4 {
      size -= lines[gone].utf8.count + 1
      gone += 1
    }
    lines.removeFirst(gone)
    dropped += gone
  }
}
