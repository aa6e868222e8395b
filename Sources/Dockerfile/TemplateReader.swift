/// Reads the text of a word into a `WordTemplate`.
struct TemplateReader {
  private let bytes: [UInt8]
  private let escape: UInt8
  /// Whether quotes are signs like any other, as in a heredoc.
  private let quotesAreText: Bool
  private var index = 0
  private var depth = 0
  /// Whether escape characters stay in the text, as in patterns, where they have a meaning later.
  private var keepsEscapes = false

  private init(_ bytes: [UInt8], escape: UInt8, quotesAreText: Bool) {
    self.bytes = bytes
    self.escape = escape
    self.quotesAreText = quotesAreText
  }

  /// Reads all of `text`.
  ///
  /// - Throws: quotes or braces that do not close, an operation that is not known, too deep nesting.
  static func read(_ text: some Sequence<UInt8>, escape: UInt8, quotesAreText: Bool = false)
    throws(ExpansionError) -> WordTemplate
  {
    var reader = TemplateReader(Array(text), escape: escape, quotesAreText: quotesAreText)
    return try reader.template(until: nil)
  }

  private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

  private mutating func template(until stop: UInt8?) throws(ExpansionError) -> WordTemplate {
    var result = WordTemplate()
    while let byte = next {
      if byte == stop {
        index += 1
        result.close()
        return result
      }
      switch byte {
      case .dollar:
        try dollar(into: &result, isQuoted: false)
      case .singleQuote where !quotesAreText:
        try singleQuoted(into: &result)
      case .doubleQuote where !quotesAreText:
        try doubleQuoted(into: &result)
      case escape:
        index += 1
        if keepsEscapes { result.append(byte, isQuoted: true) }
        if let escaped = next {
          result.append(escaped, isQuoted: true)
          index += 1
        }
      default:
        result.append(byte, isQuoted: false)
        index += 1
      }
    }
    result.close()
    guard let stop else { return result }
    throw ExpansionError(
      what: "syntax error: missing '\(Character(Unicode.Scalar(stop)))'", offset: max(index - 1, 0),
      help: stop == .closeBrace ? ["a value that holds blanks must stand in double quotes"] : [])
  }

  private mutating func singleQuoted(into result: inout WordTemplate) throws(ExpansionError) {
    let start = index
    index += 1
    while let byte = next {
      index += 1
      if byte == .singleQuote { return }
      result.append(byte, isQuoted: true)
    }
    throw .unclosed(quote: .singleQuote, at: start)
  }

  private mutating func doubleQuoted(into result: inout WordTemplate) throws(ExpansionError) {
    let start = index
    index += 1
    while let byte = next {
      switch byte {
      case .doubleQuote:
        index += 1
        return
      case .dollar:
        try dollar(into: &result, isQuoted: true)
      case escape:
        index += 1
        guard let escaped = next else { break }
        let isMeant = escaped == .doubleQuote || escaped == .dollar || escaped == escape
        if !isMeant || keepsEscapes { result.append(byte, isQuoted: true) }
        if isMeant {
          result.append(escaped, isQuoted: true)
          index += 1
        }
      default:
        result.append(byte, isQuoted: true)
        index += 1
      }
    }
    throw .unclosed(quote: .doubleQuote, at: start)
  }

  /// Reads from `$` on; a `$` before something that is no name is text.
  private mutating func dollar(into result: inout WordTemplate, isQuoted: Bool) throws(ExpansionError) {
    let start = index
    index += 1
    if next != .openBrace {
      let name = self.name()
      if name.isEmpty {
        result.append(.dollar, isQuoted: isQuoted)
      } else {
        result.append(Substitution(name: name, operation: .value, span: start..<index), isQuoted: isQuoted)
      }
      return
    }
    index += 1
    depth += 1
    defer { depth -= 1 }
    guard depth <= ParserLimits.substitutionDepth else {
      throw ExpansionError(
        what: "substitutions are nested more than \(ParserLimits.substitutionDepth) deep", offset: start)
    }
    let name = self.name()
    guard let sign = next else { throw ExpansionError(what: "syntax error: missing '}'", offset: start, length: 2) }
    guard !name.isEmpty else {
      throw ExpansionError(
        what: "syntax error: bad substitution", offset: start, length: index + 1 - start,
        help: ["write \\$ for a dollar sign"])
    }
    index += 1
    let operation = try operation(sign, start: start)
    result.append(Substitution(name: name, operation: operation, span: start..<index), isQuoted: isQuoted)
  }

  /// Reads from behind the sign that follows the name to behind the closing brace.
  private mutating func operation(_ sign: UInt8, start: Int) throws(ExpansionError) -> Substitution.Operation {
    switch sign {
    case .closeBrace:
      return .value
    case .colon:
      guard let second = next else { throw ExpansionError(what: "syntax error: missing '}'", offset: start) }
      index += 1
      return try conditional(second, emptyCounts: true, start: start)
    case .hash, UInt8(ascii: "%"):
      let longest = next == sign
      if longest { index += 1 }
      let pattern = try template(until: .closeBrace, keepingEscapes: true)
      return sign == .hash ? .withoutPrefix(pattern, longest: longest) : .withoutSuffix(pattern, longest: longest)
    case .slash:
      let all = next == .slash
      if all { index += 1 }
      let pattern = try template(until: .slash, keepingEscapes: true)
      return .replacing(pattern, try template(until: .closeBrace, keepingEscapes: true), all: all)
    default:
      return try conditional(sign, emptyCounts: false, start: start)
    }
  }

  private mutating func conditional(_ sign: UInt8, emptyCounts: Bool, start: Int) throws(ExpansionError)
    -> Substitution.Operation
  {
    switch sign {
    case .dash: return .fallback(try template(until: .closeBrace), emptyCounts: emptyCounts)
    case UInt8(ascii: "+"): return .alternative(try template(until: .closeBrace), emptyCounts: emptyCounts)
    case .questionMark: return .required(try template(until: .closeBrace), emptyCounts: emptyCounts)
    default:
      let modifier = (emptyCounts ? ":" : "") + String(bytes: [sign])
      throw ExpansionError(
        what: "unsupported modifier (\(modifier)) in substitution", offset: start, length: index - start,
        help: ["known modifiers are :- - :+ + :? ? # ## % %% / //"])
    }
  }

  private mutating func template(until stop: UInt8, keepingEscapes: Bool) throws(ExpansionError) -> WordTemplate {
    let before = keepsEscapes
    keepsEscapes = keepingEscapes || before
    defer { keepsEscapes = before }
    return try template(until: stop)
  }

  /// A name, digits, or one special parameter (which is never set in a Dockerfile); empty when there is none.
  private mutating func name() -> String {
    let start = index
    if let first = next, first.isDigit {
      while let byte = next, byte.isDigit { index += 1 }
    } else if let first = next, "@*#?-$!".utf8.contains(first) {
      index += 1
    } else {
      while let length = letterLength() { index += length }
    }
    return String(bytes: bytes[start..<index])
  }

  /// The bytes of the letter, digit or underscore at the index; nil when there is none.
  private func letterLength() -> Int? {
    guard let byte = next else { return nil }
    if byte < 0x80 { return byte.isLetter || byte.isDigit || byte == UInt8(ascii: "_") ? 1 : nil }
    guard let scalar = String(bytes: bytes[index..<min(index + 4, bytes.count)]).unicodeScalars.first else {
      return nil
    }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      return String(scalar).utf8.count
    default: return nil
    }
  }
}
