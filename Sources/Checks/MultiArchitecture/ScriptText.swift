import Diagnostics
import Dockerfile

/// A command as it stands in the file, cut into words the way a shell roughly would.
///
/// Works on the bytes of the file, so that every word has its exact place also where the command is continued over lines.
struct ScriptText {
  /// One word: no blank, quote or operator in it.
  struct Token {
    let bytes: ArraySlice<UInt8>
    let range: SourceRange

    var text: String { String(decoding: bytes, as: UTF8.self) }
  }

  let tokens: [Token]
  let ranges: [SourceRange]

  /// The command of a RUN with the scripts that it brings.
  init(_ run: RunInstruction) {
    switch run.command {
    case .shell(let word): ranges = [word.range] + run.heredocs.map(\.range)
    case .exec(let words): ranges = words.map(\.range)
    }
    tokens = ranges.flatMap { Self.tokens($0) }
  }

  private static func tokens(_ range: SourceRange) -> [Token] {
    let bytes = range.file.bytes
    var tokens: [Token] = []
    var start: Int?
    var isLineStart = true
    var index = range.offsets.lowerBound
    while index < range.offsets.upperBound {
      let byte = bytes[index]
      if isLineStart, byte == UInt8(ascii: "#"), index > range.offsets.lowerBound {
        while index < range.offsets.upperBound, bytes[index] != UInt8(ascii: "\n") { index += 1 }
        continue
      }
      if isSeparator(byte) {
        if let first = start { tokens.append(token(range.file, first..<index)) }
        start = nil
        if byte == UInt8(ascii: "\n") {
          isLineStart = true
        } else if byte != 0x20 && byte != 0x09 {
          isLineStart = false
        }
      } else {
        start = start ?? index
        isLineStart = false
      }
      index += 1
    }
    if let first = start { tokens.append(token(range.file, first..<range.offsets.upperBound)) }
    return tokens
  }

  private static func token(_ file: SourceFile, _ offsets: Range<Int>) -> Token {
    Token(bytes: file.bytes[offsets], range: file.range(offsets))
  }

  private static func isSeparator(_ byte: UInt8) -> Bool {
    byte <= 0x20 || "\"'`;|&()<>\\".utf8.contains(byte)
  }

  /// Whether the command finds out for which platform it runs and acts on it: then the names in it are cases.
  var choosesByArchitecture: Bool {
    var asks = false
    var acts = false
    for token in tokens {
      switch token.text {
      case "uname", "arch", "--print-architecture", "dpkg-architecture": asks = true
      case "case", "if", "[", "[[", "test", "sed", "tr", "awk", "elif": acts = true
      default:
        let text = token.text
        guard text.contains("$") || text.contains("%") else { continue }
        if ["TARGETARCH", "TARGETPLATFORM", "TARGETVARIANT", "BUILDARCH", "%{_arch}", "%_arch"].contains(
          where: text.contains)
        {
          asks = true
        }
      }
      if asks, acts { return true }
    }
    return false
  }
}
