/// One source line made printable, with the way from byte columns to the columns of a terminal.
struct ExcerptLine {
  /// Longest part of a line that is shown, in characters.
  static let limit = 160

  /// The text to print: tabs become spaces, anything that could steer a terminal is written out.
  let text: String
  /// For each byte of the line the printed column (from 0) where its character starts.
  private let columns: [Int]
  private let printedWidth: Int

  init(_ line: ArraySlice<UInt8>) {
    var text = ""
    var width = 0
    var columns: [Int] = []
    var cut = false
    // A character has at most four bytes, so what lies behind these is never shown.
    let bytes = Passwords.masked(Array(line.prefix(4 * Self.limit + 4)))
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
      let shown = scalar == "\t" ? String(repeating: " ", count: 4 - width % 4) : printable(scalar)
      let length = scalar == "\u{FFFD}" ? 1 : String(scalar).utf8.count
      columns += repeatElement(width, count: length)
      if width + shown.unicodeScalars.count > Self.limit { cut = true }
      if !cut {
        text += shown
        width += shown.unicodeScalars.count
      }
    }
    self.text = cut ? text + "…" : text
    self.columns = columns
    printedWidth = width
  }

  /// Spaces and carets that mark `length` bytes from the 1-based byte column; at least one caret.
  func underline(from column: Int, length: Int) -> (indent: String, carets: String) {
    let start = column - 1 < columns.count ? columns[max(column - 1, 0)] : printedWidth
    let endIndex = column - 1 + length
    let end = endIndex < columns.count ? columns[endIndex] : printedWidth
    return (String(repeating: " ", count: start), String(repeating: "^", count: max(end - start, 1)))
  }
}

/// A text without passwords, and without anything that could steer a terminal or reorder what is read.
func printable(_ text: String) -> String {
  let text = Passwords.hidden(in: text)
  return text.unicodeScalars.allSatisfy { $0 == "\t" || printable($0) == String($0) }
    ? text : text.unicodeScalars.map { $0 == "\t" ? " " : printable($0) }.joined()
}

/// One scalar, or its code written out when it is a control or a bidirectional format character.
func printable(_ scalar: Unicode.Scalar) -> String {
  switch scalar.value {
  case 0..<0x20, 0x7F..<0xA0, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069, 0xFEFF:
    "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
  default:
    String(scalar)
  }
}
