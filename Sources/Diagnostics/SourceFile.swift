/// The bytes of one user file with the name under which messages show it.
///
/// A class, so that the many ranges of one file share it; it never changes after it was made.
package final class SourceFile: Sendable {
  /// The name as the user knows the file, for example `components/cli/Dockerfile`; never opened by this module.
  package let name: String
  /// The whole content, exactly as read.
  package let bytes: [UInt8]
  /// Byte offset of the first byte of every line; never empty, the first element is 0.
  package let lineStarts: [Int]

  /// Takes the content and finds its lines (ended by LF, with or without CR).
  package init(name: String, bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
    var starts = [0]
    for (offset, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
      starts.append(offset + 1)
    }
    if starts.count > 1, starts.last == bytes.count { starts.removeLast() }
    lineStarts = starts
  }

  /// The 1-based line and byte column of an offset; an offset behind the end counts as the end.
  package func position(of offset: Int) -> SourcePosition {
    let offset = min(max(offset, 0), bytes.count)
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    return SourcePosition(line: low + 1, column: offset - lineStarts[low] + 1)
  }

  /// The bytes of a 1-based line without its line ending; empty for a line the file does not have.
  package func line(_ number: Int) -> ArraySlice<UInt8> {
    guard number >= 1, number <= lineStarts.count else { return [] }
    let start = lineStarts[number - 1]
    var end = number < lineStarts.count ? lineStarts[number] : bytes.count
    while end > start, bytes[end - 1] == UInt8(ascii: "\n") || bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    return bytes[start..<end]
  }

  /// The range from one byte offset to another, cut to the file.
  package func range(_ offsets: Range<Int>) -> SourceRange { SourceRange(file: self, offsets: offsets) }
}

extension SourceFile: Hashable {
  /// Two files are equal when name and bytes are.
  package static func == (left: SourceFile, right: SourceFile) -> Bool {
    left === right || (left.name == right.name && left.bytes == right.bytes)
  }

  /// Hashes the name only: files of one name rarely differ within a run.
  package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}
