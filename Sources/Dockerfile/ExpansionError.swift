import Diagnostics

/// Why a word could not be expanded, with the byte in it where that was seen.
struct ExpansionError: Error, Hashable, Sendable {
  var what: String
  /// Offset into the bytes of the word.
  var offset: Int
  /// Bytes concerned, from `offset`.
  var length = 1
  var why: [String] = []
  var help: [String] = []

  static func unclosed(quote: UInt8, at offset: Int) -> ExpansionError {
    let name = quote == .singleQuote ? "single" : "double"
    return ExpansionError(
      what: "unexpected end of statement while looking for matching \(name)-quote", offset: offset)
  }

  /// The error at its place in `word`; the exact byte when the word stands in the file as it is.
  func diagnostic(in word: Word) -> Diagnostic {
    let contiguous = word.range.offsets.count == word.text.utf8.count
    let range = contiguous ? word.range.slice(offset, length: max(length, 1)) : word.range
    return .error(what, at: range.offsets.isEmpty ? word.range : range, why: why, help: help)
  }
}
