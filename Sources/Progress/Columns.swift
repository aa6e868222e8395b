/// Text in a terminal's columns.
package enum Columns {
  /// How many columns `text` takes: 0 for combining marks, 2 for wide East Asian characters and most emoji.
  package static func width(_ text: String) -> Int { text.unicodeScalars.reduce(0) { $0 + width($1) } }

  /// `text` with spaces behind up to `width` columns; longer text is returned as it is.
  package static func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - self.width(text)))
  }

  /// `text` cut to at most `width` columns, the cut marked with `…`.
  package static func truncated(_ text: String, to width: Int) -> String {
    guard width > 0 else { return "" }
    guard self.width(text) > width else { return text }
    var result = ""
    var used = 0
    for scalar in text.unicodeScalars {
      let next = self.width(scalar)
      if used + next > width - 1 { break }
      result.unicodeScalars.append(scalar)
      used += next
    }
    return result + "…"
  }

  /// Without spaces at the end.
  static func trimmed(_ text: String) -> String {
    var scalars = text.unicodeScalars
    while scalars.last == " " { scalars.removeLast() }
    return String(scalars)
  }

  private static func width(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.value {
    case 0x300...0x36F, 0x200B...0x200F, 0x20D0...0x20FF, 0xFE00...0xFE0F, 0xFE20...0xFE2F: 0
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
      0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
      2
    default: 1
    }
  }
}
