import Diagnostics

/// The `# key=value` lines at the top of a file that change how the rest is read.
///
/// <https://docs.docker.com/reference/dockerfile/#parser-directives>
package struct ParserDirectives: Hashable, Sendable {
  /// One directive with its place.
  package struct Value: Hashable, Sendable {
    /// The whole value, for example `docker/dockerfile:1` or `skip=all;error=true`.
    package let text: String
    /// The line it stands on.
    package let range: SourceRange

    /// The value up to its first blank; what follows is a remark or options.
    package var reference: String { String(bytes: text.utf8.prefix { $0 != .space }) }
  }

  /// The image of the frontend that the file was written for; imgset has its own and only shows it.
  package var syntax: Value?
  /// The options of the checks.
  package var check: Value?
  /// The character that continues lines and takes the meaning from the next character.
  package var escape: UInt8 = .backslash

  static let names = ["syntax", "escape", "check"]

  /// Reads the directives and reports those that are wrong; stops at the first line that is none.
  static func parse(_ file: SourceFile, reporting diagnostics: inout [Diagnostic]) -> ParserDirectives {
    var result = ParserDirectives()
    var seenEscape = false
    for line in lines(in: file, comment: [.hash], skippingShebang: false) {
      let value = Value(text: line.value, range: line.range)
      let isRepeated = [
        "syntax": result.syntax != nil, "check": result.check != nil, "escape": seenEscape,
      ][line.key]
      switch line.key {
      case _ where isRepeated == true:
        diagnostics.append(.error("only one \(line.key) parser directive can be used", at: line.range))
      case "syntax": result.syntax = value
      case "check": result.check = value
      case "escape":
        seenEscape = true
        guard line.value == "\\" || line.value == "`" else {
          diagnostics.append(.error("invalid escape token '\(line.value)' does not match ` or \\", at: line.range))
          continue
        }
        result.escape = line.value == "`" ? UInt8(ascii: "`") : .backslash
      default: break
      }
    }
    return result
  }

  /// The value of one directive in a file of any frontend: in `#` lines, in `//` lines, or in a JSON document.
  ///
  /// A first line that starts with `#!` is skipped.
  package static func detect(_ key: String, in file: SourceFile) -> Value? {
    for comment in [[UInt8.hash], [.slash, .slash]] {
      let lines = lines(in: file, comment: comment, skippingShebang: true)
      if let line = lines.first(where: { $0.key == key }) { return Value(text: line.value, range: line.range) }
    }
    guard case .object(let members)? = JSONText.parse(file.bytes, in: start(of: file)..<file.bytes.count),
      case .string(let text, let span)? = members.last(where: { $0.key == key })?.value
    else { return nil }
    return Value(text: text, range: file.range(span))
  }

  private struct Line {
    var key: String
    var value: String
    var range: SourceRange
  }

  private static func start(of file: SourceFile) -> Int { file.bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0 }

  /// The leading lines of the form `comment key = value`, known keys only, keys in lower case.
  private static func lines(in file: SourceFile, comment: [UInt8], skippingShebang: Bool) -> [Line] {
    var scanner = LineScanner(file: file)
    var result: [Line] = []
    while let (content, _) = scanner.nextLine() {
      let bytes = Array(file.bytes[content])
      if skippingShebang, result.isEmpty, content.lowerBound == start(of: file),
        bytes.starts(with: [.hash, .exclamationMark])
      {
        continue
      }
      let trimmed = Array(bytes.trimmed)
      guard trimmed.starts(with: comment), let sign = trimmed.firstIndex(of: .equals) else { break }
      let key = Array(trimmed[comment.count..<sign].trimmed)
      let value = trimmed[(sign + 1)...].trimmed
      guard let first = key.first, first.isLetter, key.allSatisfy({ $0.isLetter || $0.isDigit }), !value.isEmpty
      else { break }
      let name = String(bytes: key).asciiLowercased
      if names.contains(name) {
        result.append(Line(key: name, value: String(bytes: value), range: file.range(content)))
      }
    }
    return result
  }
}
