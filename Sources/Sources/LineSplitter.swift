/// Cuts a stream of bytes into lines, without line ends, and remembers the last ones.
struct LineSplitter {
  /// A line longer than this many bytes is cut, so that output without line ends stays bounded.
  static let longest = 16 << 10
  /// How many lines are remembered.
  static let remembered = 20

  private var pending: [UInt8] = []
  private var last: [[UInt8]] = []
  private var oldest = 0

  /// Takes the next bytes and hands out every line that is complete.
  mutating func append(_ bytes: UnsafeRawBufferPointer, _ line: ([UInt8]) -> Void) {
    var rest = bytes[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      pending.append(contentsOf: rest[..<end])
      finishLine(line)
      rest = rest[(end + 1)...]
    }
    pending.append(contentsOf: rest)
    while pending.count >= Self.longest {
      let more = Array(pending[Self.longest...])
      pending.removeSubrange(Self.longest...)
      finishLine(line)
      pending = more
    }
  }

  /// Hands out what came after the last line end.
  mutating func finish(_ line: ([UInt8]) -> Void) {
    if !pending.isEmpty { finishLine(line) }
  }

  /// The remembered lines as text, oldest first.
  var tail: [String] { (last[oldest...] + last[..<oldest]).map { String(decoding: $0, as: UTF8.self) } }

  private mutating func finishLine(_ line: ([UInt8]) -> Void) {
    if pending.last == UInt8(ascii: "\r") { pending.removeLast() }
    if last.count < Self.remembered {
      last.append(pending)
    } else {
      last[oldest] = pending
      oldest = (oldest + 1) % Self.remembered
    }
    line(pending)
    pending.removeAll(keepingCapacity: true)
  }
}
