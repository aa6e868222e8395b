/// A place in a file: both numbers are 1-based, the column counts bytes.
package struct SourcePosition: Hashable, Sendable, Comparable {
  /// The line, from 1.
  package var line: Int
  /// The byte within the line, from 1.
  package var column: Int

  /// Names a place; nothing is checked against a file.
  package init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  /// Order of reading.
  package static func < (left: SourcePosition, right: SourcePosition) -> Bool {
    (left.line, left.column) < (right.line, right.column)
  }
}

/// A stretch of bytes of a user file, to point at in a message.
package struct SourceRange: Hashable, Sendable {
  /// The file that the offsets count in.
  package let file: SourceFile
  /// Byte offsets from the start of the file; always within the file.
  package let offsets: Range<Int>

  /// Cuts the offsets to the file, so that every range can be shown.
  package init(file: SourceFile, offsets: Range<Int>) {
    self.file = file
    self.offsets = offsets.clamped(to: 0..<file.bytes.count)
  }

  /// Where the range begins.
  package var start: SourcePosition { file.position(of: offsets.lowerBound) }
  /// Where the range ends: the place behind its last byte.
  package var end: SourcePosition { file.position(of: offsets.upperBound) }
  /// The lines touched by the range, from the first to the last.
  package var lines: ClosedRange<Int> {
    let first = start.line
    let last = offsets.isEmpty ? first : file.position(of: offsets.upperBound - 1).line
    return first...max(first, last)
  }
  /// The bytes of the range as text; invalid UTF-8 is shown with replacement characters.
  package var text: String { String(decoding: file.bytes[offsets], as: UTF8.self) }

  /// The part of this range that starts `start` bytes into it and is `length` bytes long, cut to this range.
  package func slice(_ start: Int, length: Int) -> SourceRange {
    let lower = min(offsets.lowerBound + max(start, 0), offsets.upperBound)
    return SourceRange(file: file, offsets: lower..<min(lower + max(length, 0), offsets.upperBound))
  }

  /// The smallest range with both ranges in it; the file must be the same.
  package func joined(with other: SourceRange) -> SourceRange {
    SourceRange(
      file: file,
      offsets: min(offsets.lowerBound, other.offsets.lowerBound)..<max(offsets.upperBound, other.offsets.upperBound))
  }
}
