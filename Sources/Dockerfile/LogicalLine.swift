import Diagnostics

/// The lines of one instruction joined at their continuation characters, with the way back to the file.
struct LogicalLine: Sendable {
  /// The joined bytes, without line endings, continuation characters and comment lines.
  private(set) var bytes: [UInt8] = []
  /// Whether blank lines were skipped between continued lines.
  var hasEmptyContinuation = false
  let file: SourceFile
  private var pieces: [(start: Int, source: Int)] = []

  init(file: SourceFile) { self.file = file }

  /// Adds the part of the file in `offsets`.
  mutating func append(_ offsets: Range<Int>) {
    pieces.append((bytes.count, offsets.lowerBound))
    bytes += file.bytes[offsets]
  }

  /// The file offset of a byte of the joined text.
  func source(of index: Int) -> Int {
    var low = 0
    var high = pieces.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if pieces[middle].start <= index { low = middle } else { high = middle }
    }
    return pieces.isEmpty ? 0 : pieces[low].source + index - pieces[low].start
  }

  /// The part of the file from the first to the last byte of `span`.
  func range(_ span: Range<Int>) -> SourceRange {
    let start = source(of: span.lowerBound)
    return file.range(start..<(span.isEmpty ? start : source(of: span.upperBound - 1) + 1))
  }

  /// The bytes of `span` as a word.
  func word(_ span: Range<Int>) -> Word { Word(String(bytes: bytes[span]), range: range(span)) }

  /// `span` without white space at both ends.
  func trimmed(_ span: Range<Int>) -> Range<Int> { bytes[span].trimmed.indices }
}
