import Diagnostics

/// The words of small files such as `ImageSource`, `repo` and `commit`.
enum WordLine {
  /// Every word with its place, without blank lines and comments (from a `#` that starts a word to the line's end).
  static func words(of file: SourceFile) -> [SourceRange] {
    var words: [SourceRange] = []
    for number in 1...file.lineStarts.count {
      let line = file.line(number)
      var position = line.startIndex
      if number == 1, line.starts(with: [0xEF, 0xBB, 0xBF]) { position += 3 }
      while let start = line[position...].firstIndex(where: { !isBlank($0) }), line[start] != UInt8(ascii: "#") {
        let end = line[start...].firstIndex(where: isBlank) ?? line.endIndex
        words.append(file.range(start..<end))
        position = end
      }
    }
    return words
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
