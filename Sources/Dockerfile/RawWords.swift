/// Splits shell text into words without touching variables, as is needed to see which words open a heredoc.
enum RawWords {
  /// The words of `text`; blanks in quotes, behind a backslash and inside `${…}` do not separate.
  ///
  /// - Parameter strippingQuotes: whether quotes and backslashes are taken out of the words.
  /// - Throws: `ExpansionError` when a quote does not close.
  static func split(_ text: some Collection<UInt8>, strippingQuotes: Bool) throws(ExpansionError) -> [[UInt8]] {
    let bytes = Array(text)
    var words: [[UInt8]] = []
    var word: [UInt8] = []
    var quote: (byte: UInt8, offset: Int)?
    var braces = 0
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      let next = index + 1 < bytes.count ? bytes[index + 1] : nil
      if byte == .backslash, quote?.byte != .singleQuote, let next {
        let keepsBackslash = quote != nil && next != .doubleQuote && next != .dollar && next != .backslash
        if !strippingQuotes || keepsBackslash { word.append(byte) }
        word.append(next)
        index += 2
        continue
      }
      if let open = quote {
        if byte == open.byte { quote = nil }
        if byte != open.byte || !strippingQuotes { word.append(byte) }
      } else if byte == .singleQuote || byte == .doubleQuote {
        quote = (byte, index)
        if !strippingQuotes { word.append(byte) }
      } else if byte.isSpace, braces == 0 {
        if !word.isEmpty { words.append(word) }
        word = []
      } else {
        if byte == .dollar, next == .openBrace {
          braces += 1
        } else if byte == .closeBrace, braces > 0 {
          braces -= 1
        }
        if byte != .backslash || !strippingQuotes { word.append(byte) }
      }
      index += 1
    }
    if let quote { throw ExpansionError.unclosed(quote: quote.byte, at: quote.offset) }
    if !word.isEmpty { words.append(word) }
    return words
  }
}
