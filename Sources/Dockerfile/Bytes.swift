/// ASCII letters and signs that the syntax knows, so that scanning code reads like the reference.
extension UInt8 {
  static let tab = UInt8(ascii: "\t")
  static let lineFeed = UInt8(ascii: "\n")
  static let carriageReturn = UInt8(ascii: "\r")
  static let space = UInt8(ascii: " ")
  static let doubleQuote = UInt8(ascii: "\"")
  static let singleQuote = UInt8(ascii: "'")
  static let backslash = UInt8(ascii: "\\")
  static let dollar = UInt8(ascii: "$")
  static let openBrace = UInt8(ascii: "{")
  static let closeBrace = UInt8(ascii: "}")
  static let slash = UInt8(ascii: "/")
  static let hash = UInt8(ascii: "#")
  static let comma = UInt8(ascii: ",")
  static let equals = UInt8(ascii: "=")
  static let colon = UInt8(ascii: ":")
  static let dash = UInt8(ascii: "-")
  static let dot = UInt8(ascii: ".")
  static let star = UInt8(ascii: "*")
  static let questionMark = UInt8(ascii: "?")
  static let exclamationMark = UInt8(ascii: "!")
  static let openBracket = UInt8(ascii: "[")
  static let closeBracket = UInt8(ascii: "]")
  static let caret = UInt8(ascii: "^")
  static let less = UInt8(ascii: "<")

  /// Space, tab, vertical tab, form feed, CR or LF. Other Unicode white space is text.
  var isSpace: Bool { self == .space || (self >= 9 && self <= 13) }
  var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
  var isUpper: Bool { self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") }
  var isLower: Bool { self >= UInt8(ascii: "a") && self <= UInt8(ascii: "z") }
  var isLetter: Bool { isUpper || isLower }
  var lowered: UInt8 { isUpper ? self | 0x20 : self }
  var uppered: UInt8 { isLower ? self & 0xDF : self }
}

extension String {
  init(bytes: some Collection<UInt8>) { self.init(decoding: bytes, as: UTF8.self) }

  /// Upper case of the ASCII letters only, so that no locale or Unicode rule plays into keywords.
  var asciiUppercased: String { String(bytes: utf8.map(\.uppered)) }
  /// Lower case of the ASCII letters only.
  var asciiLowercased: String { String(bytes: utf8.map(\.lowered)) }

  /// The text without white space at both ends.
  var trimmed: String { String(bytes: Array(utf8).trimmed) }

  func contains(byte: UInt8) -> Bool { utf8.contains(byte) }
}

extension RandomAccessCollection where Element == UInt8, Index == Int {
  /// The bytes without white space at both ends.
  var trimmed: SubSequence {
    var start = startIndex
    var end = endIndex
    while start < end, self[start].isSpace { start += 1 }
    while end > start, self[end - 1].isSpace { end -= 1 }
    return self[start..<end]
  }

  /// The parts between separators; always at least one, empty parts are kept.
  func parts(separatedBy separator: UInt8) -> [SubSequence] {
    split(separator: separator, omittingEmptySubsequences: false)
  }

  /// The index of the first occurrence of a byte from `start` on.
  func index(of byte: UInt8, from start: Int) -> Int? {
    var index = start
    while index < endIndex {
      if self[index] == byte { return index }
      index += 1
    }
    return nil
  }
}
