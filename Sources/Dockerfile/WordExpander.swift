import Diagnostics

/// Replaces variables in words and takes out quotes and escapes.
///
/// A look-up answers nil for a variable that is not set, which `${a-b}` tells from one that is empty. Only the parts of
/// a word that count are evaluated: with `a` set, `${a:-${b:?}}` does not fail.
package struct WordExpander: Hashable, Sendable {
  /// The character that takes the meaning from the next one, from the `escape` directive.
  package let escape: UInt8

  /// An expander for a file with this escape character.
  package init(escape: UInt8 = UInt8(ascii: "\\")) { self.escape = escape }

  /// The value of a variable; nil when it is not set.
  package typealias Lookup = (String) -> String?

  /// Expands to one word: blanks in values stay.
  ///
  /// - Throws: one diagnostic at the word's place.
  package func expand(_ word: Word, lookup: Lookup) throws(DiagnosticsError) -> String {
    do throws(ExpansionError) {
      return try expand(word.text, lookup: lookup)
    } catch {
      throw DiagnosticsError(error.diagnostic(in: word))
    }
  }

  /// Expands to any number of words: blanks outside quotes, also those in values, separate; an empty word vanishes.
  ///
  /// - Throws: one diagnostic at the word's place.
  package func expandToWords(_ word: Word, lookup: Lookup) throws(DiagnosticsError) -> [String] {
    do throws(ExpansionError) {
      return try expandToWords(word.text, lookup: lookup)
    } catch {
      throw DiagnosticsError(error.diagnostic(in: word))
    }
  }

  /// The content of a heredoc of COPY or ADD as it is written to the file: without the leading tabs of `<<-`, variables
  /// replaced unless the delimiter was quoted; quotes are text.
  ///
  /// - Throws: one diagnostic at the content's place.
  package func expand(_ heredoc: Heredoc, lookup: Lookup) throws(DiagnosticsError) -> [UInt8] {
    guard heredoc.expands else { return heredoc.body }
    do throws(ExpansionError) {
      let template = try TemplateReader.read(heredoc.body, escape: .backslash, quotesAreText: true)
      var evaluation = Evaluation(limit: max(ParserLimits.expandedBytes, 2 * heredoc.content.count))
      return try evaluation.text(of: template, lookup)
    } catch {
      throw DiagnosticsError(error.diagnostic(in: Word(String(bytes: heredoc.content), range: heredoc.range)))
    }
  }

  /// The names of the variables in a word, in order of appearance, repeats left out; empty when the word is not well
  /// formed.
  package func variables(in word: Word) -> [String] {
    guard word.mayHoldVariable, let template = try? TemplateReader.read(word.text.utf8, escape: escape) else {
      return []
    }
    var seen: Set<String> = []
    return template.variables.filter { seen.insert($0).inserted }
  }

  func expand(_ text: String, lookup: Lookup) throws(ExpansionError) -> String {
    let template = try TemplateReader.read(text.utf8, escape: escape)
    var evaluation = Evaluation()
    return String(bytes: try evaluation.text(of: template, lookup))
  }

  func expandToWords(_ text: String, lookup: Lookup) throws(ExpansionError) -> [String] {
    let template = try TemplateReader.read(text.utf8, escape: escape)
    var evaluation = Evaluation()
    return try evaluation.words(of: template, lookup)
  }
}

/// One evaluation of a template, with its bound on the work.
private struct Evaluation {
  typealias Lookup = WordExpander.Lookup
  var limit = ParserLimits.expandedBytes
  /// Bytes made so far, also those of inner words.
  private var produced = 0
  /// Bytes of values that were searched for patterns so far.
  private var searched = 0

  init(limit: Int = ParserLimits.expandedBytes) { self.limit = limit }

  mutating func text(of template: WordTemplate, _ lookup: Lookup) throws(ExpansionError) -> [UInt8] {
    var result: [UInt8] = []
    for part in template.parts {
      switch part {
      case .bare(let bytes), .quoted(let bytes):
        try count(bytes.count, at: 0)
        result += bytes
      case .variable(let substitution, _):
        result += try value(of: substitution, lookup)
      }
    }
    return result
  }

  mutating func words(of template: WordTemplate, _ lookup: Lookup) throws(ExpansionError) -> [String] {
    var words: [String] = []
    var word: [UInt8] = []
    func add(_ bytes: [UInt8], splitting: Bool) {
      for byte in bytes {
        if !splitting || !byte.isSpace {
          word.append(byte)
        } else if !word.isEmpty {
          words.append(String(bytes: word))
          word = []
        }
      }
    }
    for part in template.parts {
      switch part {
      case .bare(let bytes): add(bytes, splitting: true)
      case .quoted(let bytes): add(bytes, splitting: false)
      case .variable(let substitution, let isQuoted): add(try value(of: substitution, lookup), splitting: !isQuoted)
      }
    }
    if !word.isEmpty { words.append(String(bytes: word)) }
    return words
  }

  private mutating func count(_ bytes: Int, at offset: Int) throws(ExpansionError) {
    produced += bytes
    guard produced <= limit else {
      throw ExpansionError(what: "expansion is longer than \(limit) bytes", offset: offset)
    }
  }

  private mutating func value(of substitution: Substitution, _ lookup: Lookup) throws(ExpansionError) -> [UInt8] {
    let value = lookup(substitution.name)
    do throws(ExpansionError) {
      let result = try apply(substitution, to: value, lookup)
      try count(result.count, at: substitution.span.lowerBound)
      return result
    } catch {
      var error = error
      (error.offset, error.length) = (substitution.span.lowerBound, substitution.span.count)
      throw error
    }
  }

  /// Refuses values for which a search would cost too much, alone or after those before it.
  private mutating func searchable(_ value: String) throws(ExpansionError) -> String {
    guard value.utf8.count <= ParserLimits.expandedBytes else {
      throw ExpansionError(what: "value is longer than \(ParserLimits.expandedBytes) bytes", offset: 0)
    }
    searched += value.utf8.count
    guard searched <= ParserLimits.searchedBytes else {
      throw ExpansionError(
        what: "patterns search more than \(ParserLimits.searchedBytes) bytes in one word", offset: 0)
    }
    return value
  }

  private mutating func apply(_ substitution: Substitution, to value: String?, _ lookup: Lookup) throws(ExpansionError)
    -> [UInt8]
  {
    func isMissing(_ emptyCounts: Bool) -> Bool { value == nil || (emptyCounts && value?.utf8.isEmpty == true) }
    let current = value ?? ""
    switch substitution.operation {
    case .value:
      return Array(current.utf8)
    case .fallback(let word, let emptyCounts):
      return isMissing(emptyCounts) ? try text(of: word, lookup) : Array(current.utf8)
    case .alternative(let word, let emptyCounts):
      return isMissing(emptyCounts) ? [] : try text(of: word, lookup)
    case .required(let word, let emptyCounts):
      guard isMissing(emptyCounts) else { return Array(current.utf8) }
      let message = String(bytes: try text(of: word, lookup))
      let reason = emptyCounts ? "is not allowed to be empty" : "is not allowed to be unset"
      throw ExpansionError(
        what: "\(substitution.name): \(message.isEmpty ? reason : message)", offset: 0,
        help: ["give a value: --build-arg \(substitution.name)=VALUE, with ARG \(substitution.name) in the Dockerfile"])
    case .withoutPrefix(let word, let longest):
      return Array(try pattern(word, lookup).removingPrefix(of: try searchable(current), longest: longest).utf8)
    case .withoutSuffix(let word, let longest):
      return Array(try pattern(word, lookup).removingSuffix(of: try searchable(current), longest: longest).utf8)
    case .replacing(let word, let replacement, let all):
      let new = String(bytes: try text(of: replacement, lookup))
      return Array(try pattern(word, lookup).replacing(in: try searchable(current), with: new, all: all).utf8)
    }
  }

  private mutating func pattern(_ word: WordTemplate, _ lookup: Lookup) throws(ExpansionError) -> ShellPattern {
    try ShellPattern(String(bytes: try text(of: word, lookup)))
  }
}
