import Diagnostics

/// Reads a file line by line and joins continued lines.
///
/// Implements the format section of the Dockerfile reference: comments and blank lines vanish, also between continued
/// lines; a line goes on when its last byte other than blanks is the escape character, unless that is doubled.
/// <https://docs.docker.com/reference/dockerfile/#format>
struct LineScanner {
  let file: SourceFile
  /// The character that continues lines, from the `escape` directive.
  var escape: UInt8 = .backslash
  private var next: Int

  init(file: SourceFile) {
    self.file = file
    next = file.bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
  }

  /// The offsets of the next line, first without and then with its line ending; nil at the end of the file.
  mutating func nextLine() -> (content: Range<Int>, whole: Range<Int>)? {
    guard next < file.bytes.count else { return nil }
    let start = next
    let feed = file.bytes.index(of: .lineFeed, from: start)
    next = feed.map { $0 + 1 } ?? file.bytes.count
    var end = feed ?? next
    while end > start, file.bytes[end - 1] == .carriageReturn { end -= 1 }
    return (start..<end, start..<next)
  }

  /// Steps back to the start of a line that `nextLine` returned.
  mutating func rewind(to offset: Int) { next = offset }

  /// The next instruction; nil when nothing but comments and blank lines is left.
  mutating func nextLogicalLine() -> LogicalLine? {
    while let (content, _) = nextLine() {
      let trimmed = withoutLeadingSpace(content)
      if trimmed.isEmpty || file.bytes[trimmed.lowerBound] == .hash { continue }
      var line = LogicalLine(file: file)
      var continuation = self.continuation(trimmed)
      if continuation == nil { line.append(trimmed) }
      while let part = continuation {
        if !part.isEmpty { line.append(part) }
        guard let (content, _) = nextLine() else { break }
        let trimmed = withoutLeadingSpace(content)
        if trimmed.isEmpty {
          line.hasEmptyContinuation = true
        } else if file.bytes[trimmed.lowerBound] != .hash {
          continuation = self.continuation(content)
          if continuation == nil { line.append(content) }
          continue
        }
        continuation = content.lowerBound..<content.lowerBound
      }
      if line.bytes.allSatisfy(\.isSpace) { continue }
      return line
    }
    return nil
  }

  /// The part of a line before its continuation character; nil when the line does not go on.
  private func continuation(_ line: Range<Int>) -> Range<Int>? {
    var end = line.upperBound
    while end > line.lowerBound, file.bytes[end - 1] == .space || file.bytes[end - 1] == .tab { end -= 1 }
    guard end > line.lowerBound, file.bytes[end - 1] == escape else { return nil }
    if end - 1 > line.lowerBound, file.bytes[end - 2] == escape { return nil }
    return line.lowerBound..<end - 1
  }

  private func withoutLeadingSpace(_ line: Range<Int>) -> Range<Int> {
    var start = line.lowerBound
    while start < line.upperBound, file.bytes[start].isSpace { start += 1 }
    return start..<line.upperBound
  }
}
