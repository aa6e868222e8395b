import Diagnostics

/// Cuts one logical line into an `InstructionSyntax`.
struct SyntaxReader {
  let line: LogicalLine
  let escape: UInt8
  private var bytes: [UInt8] { line.bytes }

  init(line: LogicalLine, escape: UInt8) {
    self.line = line
    self.escape = escape
  }

  /// Reads the whole line.
  ///
  /// - Throws: an unknown keyword or arguments that do not have the shape the keyword needs.
  func read() throws(DiagnosticsError) -> InstructionSyntax {
    try read(0..<line.bytes.count, isTrigger: false)
  }

  private func read(_ span: Range<Int>, isTrigger: Bool) throws(DiagnosticsError) -> InstructionSyntax {
    let span = line.trimmed(span)
    let keywordEnd = bytes[span].firstIndex(where: \.isSpace) ?? span.upperBound
    let word = line.word(span.lowerBound..<keywordEnd)
    guard let keyword = Keyword(rawValue: word.text.asciiUppercased) else { throw unknown(word) }
    if isTrigger, keyword == .onbuild {
      throw DiagnosticsError(.error("chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed", at: word.range))
    }
    let (flags, rest) = flagsAndRest(line.trimmed(keywordEnd..<span.upperBound))
    return InstructionSyntax(
      keyword: keyword, keywordWord: word, flags: flags, arguments: try arguments(of: keyword, in: rest),
      text: String(bytes: bytes[span]), range: line.range(span))
  }

  private func unknown(_ word: Word) -> DiagnosticsError {
    let guess = didYouMean(word.text, among: Keyword.allCases.map(\.rawValue))
    let why =
      word.text.utf8.contains { $0 >= 0x80 } ? ["the first word holds characters that are not plain letters"] : []
    return DiagnosticsError(
      .error(
        "unknown instruction: \(word.text)" + (guess.map { " (did you mean \($0)?)" } ?? ""), at: word.range, why: why,
        help: guess == nil && why.isEmpty
          ? ["a line that goes on must end with the escape character `\(Character(Unicode.Scalar(escape)))`"] : []))
  }

  private func arguments(of keyword: Keyword, in rest: Range<Int>) throws(DiagnosticsError)
    -> InstructionSyntax.Arguments
  {
    switch keyword {
    case .add, .copy, .volume:
      return try json(rest) ?? .words(spacedWords(rest))
    case .cmd, .entrypoint, .run, .shell:
      return try json(rest) ?? .text(line.word(rest))
    case .expose, .from:
      return .words(spacedWords(rest))
    case .arg:
      return .words(quotedWords(rest).map(line.word))
    case .env, .label:
      return try pairs(rest, keyword: keyword)
    case .healthcheck:
      let end = bytes[rest].firstIndex(where: \.isSpace) ?? rest.upperBound
      let command = line.trimmed(end..<rest.upperBound)
      return .check(
        type: line.word(rest.lowerBound..<end), command: try json(command) ?? .text(line.word(command)))
    case .onbuild:
      return rest.isEmpty ? .text(line.word(rest)) : .trigger(try read(rest, isTrigger: true))
    case .maintainer, .stopsignal, .user, .workdir:
      return .text(line.word(rest))
    }
  }

  /// The exec form, or nil when the text is no JSON array and so is the shell form.
  private func json(_ rest: Range<Int>) throws(DiagnosticsError) -> InstructionSyntax.Arguments? {
    guard rest.first.map({ bytes[$0] }) == .openBracket, case .array(let items)? = JSONText.parse(bytes, in: rest)
    else { return nil }
    var words: [Word] = []
    for item in items {
      guard case .string(let text, let span) = item else {
        throw DiagnosticsError(
          .error(
            "when using JSON array syntax, arrays must be comprised of strings only", at: line.range(rest),
            help: ["put every element in double quotes"]))
      }
      words.append(Word(text, range: line.range(span)))
    }
    return .json(words)
  }

  private func pairs(_ rest: Range<Int>, keyword: Keyword) throws(DiagnosticsError) -> InstructionSyntax.Arguments {
    let words = quotedWords(rest)
    guard let first = words.first else { return .pairs([], isOldForm: false) }
    guard bytes[first].contains(.equals) else {
      let end = bytes[rest].firstIndex(where: \.isSpace) ?? rest.upperBound
      let value = line.trimmed(end..<rest.upperBound)
      guard !value.isEmpty else {
        throw DiagnosticsError(
          .error(
            "\(keyword.rawValue) must have two arguments", at: line.range(rest),
            help: ["\(keyword.rawValue) \(String(bytes: bytes[rest]))=value"]))
      }
      return .pairs([.init(name: line.word(rest.lowerBound..<end), value: line.word(value))], isOldForm: true)
    }
    var pairs: [InstructionSyntax.Pair] = []
    for word in words {
      guard let sign = bytes[word].firstIndex(of: .equals) else {
        throw DiagnosticsError(
          .error(
            "can't find = in \"\(String(bytes: bytes[word]))\"", at: line.range(word),
            why: ["must be of the form: name=value"], help: ["quote a value that holds blanks: name=\"a b\""]))
      }
      pairs.append(.init(name: line.word(word.lowerBound..<sign), value: line.word(sign + 1..<word.upperBound)))
    }
    return .pairs(pairs, isOldForm: false)
  }
}
