/// Foreign bytes as text that cannot steer a terminal or a log viewer.
package enum Printable {
  /// One line: escape sequences and control characters are dropped, a carriage return starts the line anew, tabs become
  /// spaces, and invalid UTF-8 is replaced.
  static func text(_ bytes: some Collection<UInt8>) -> String {
    // Most lines are printable ASCII, which needs no closer look.
    if bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return String(decoding: bytes, as: UTF8.self) }
    var plain = Array(bytes)
    if plain.last == UInt8(ascii: "\r") { plain.removeLast() }
    if let start = plain.lastIndex(of: UInt8(ascii: "\r")) { plain.removeFirst(start + 1) }
    plain = withoutEscapes(plain)
    var text = ""
    for scalar in String(decoding: plain, as: UTF8.self).unicodeScalars {
      switch scalar.value {
      case 0x09: text += "  "
      case 0..<0x20, 0x7F..<0xA0, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: break
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  /// Several lines, each made harmless by itself.
  package static func lines(_ text: String) -> [String] {
    Array(text.utf8).split(separator: 0x0A, omittingEmptySubsequences: false).map { Self.text($0) }
  }

  /// Drops the sequences of [ECMA-48](https://ecma-international.org/publications-and-standards/standards/ecma-48/):
  /// `ESC [ … letter`, `ESC ] … BEL`, and two-byte ones.
  private static func withoutEscapes(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes.contains(0x1B) else { return bytes }
    var result: [UInt8] = []
    var position = 0
    while position < bytes.count {
      guard bytes[position] == 0x1B else {
        result.append(bytes[position])
        position += 1
        continue
      }
      position += 1
      guard position < bytes.count else { break }
      let kind = bytes[position]
      position += 1
      if kind == UInt8(ascii: "[") {
        while position < bytes.count, !(0x40...0x7E).contains(bytes[position]) { position += 1 }
        position += 1
      } else if kind == UInt8(ascii: "]") {
        while position < bytes.count, bytes[position] != 0x07, bytes[position] != 0x1B { position += 1 }
        if position < bytes.count, bytes[position] == 0x07 { position += 1 }
      }
    }
    return result
  }
}
