import Diagnostics

extension SyntaxReader {
  /// Words between blanks, whatever quotes they hold.
  func spacedWords(_ span: Range<Int>) -> [Word] {
    line.bytes[span].split(whereSeparator: \.isSpace).map { line.word($0.indices) }
  }

  /// Words between blanks that are not in quotes or behind the escape character; both stay in the word.
  func quotedWords(_ span: Range<Int>) -> [Range<Int>] {
    let bytes = line.bytes
    var words: [Range<Int>] = []
    var start: Int?
    var quote: UInt8?
    var index = span.lowerBound
    while index < span.upperBound {
      let byte = bytes[index]
      if byte == escape, quote != .singleQuote, index + 1 < span.upperBound {
        start = start ?? index
        index += 2
        continue
      }
      if let open = quote {
        if byte == open { quote = nil }
      } else if byte.isSpace {
        if let begin = start { words.append(begin..<index) }
        start = nil
        index += 1
        continue
      } else if byte == .singleQuote || byte == .doubleQuote {
        quote = byte
      }
      start = start ?? index
      index += 1
    }
    if let begin = start { words.append(begin..<span.upperBound) }
    return words
  }

  /// The words that start with `--` at the front, and what follows them; a lone `--` ends them.
  func flagsAndRest(_ span: Range<Int>) -> (flags: [Word], rest: Range<Int>) {
    var flags: [Word] = []
    var index = span.lowerBound
    while index + 1 < span.upperBound, line.bytes[index] == .dash, line.bytes[index + 1] == .dash {
      let (text, end) = unquotedWord(from: index, to: span.upperBound)
      let word = index..<end
      index = end
      while index < span.upperBound, line.bytes[index].isSpace { index += 1 }
      if text == [.dash, .dash] { break }
      flags.append(Word(String(bytes: text), range: line.range(word)))
    }
    return (flags, index..<span.upperBound)
  }

  /// One word with its quotes and backslashes taken out, and where it ends.
  private func unquotedWord(from start: Int, to end: Int) -> (text: [UInt8], end: Int) {
    let bytes = line.bytes
    var text: [UInt8] = []
    var quote: UInt8?
    var index = start
    while index < end {
      let byte = bytes[index]
      if byte == .backslash {
        if index + 1 < end { text.append(bytes[index + 1]) }
        index = min(index + 2, end)
        continue
      }
      if let open = quote {
        if byte == open { quote = nil } else { text.append(byte) }
      } else if byte.isSpace {
        break
      } else if byte == .singleQuote || byte == .doubleQuote {
        quote = byte
      } else {
        text.append(byte)
      }
      index += 1
    }
    return (text, index)
  }
}
