import Diagnostics

/// An inline file: `<<NAME` in RUN, COPY or ADD and the lines up to `NAME`.
///
/// <https://docs.docker.com/reference/dockerfile/#here-documents>
package struct Heredoc: Hashable, Sendable {
  /// The delimiter, which is also the file name that COPY and ADD give the content.
  package let name: String
  /// The lines as written, each with its line ending, leading tabs included.
  package let content: [UInt8]
  /// Whether variables in the content are expanded: no part of the delimiter was quoted.
  package let expands: Bool
  /// Whether leading tabs of every line are dropped (`<<-`).
  package let stripsTabs: Bool
  /// The file descriptor that RUN connects it to; 0 unless written before `<<`.
  package let fileDescriptor: Int
  /// Where the content stands; empty for a heredoc without lines.
  package let range: SourceRange

  /// The content as a reader gets it: without leading tabs when `<<-` asked for that. Variables are still in it.
  package var body: [UInt8] {
    guard stripsTabs else { return content }
    var result: [UInt8] = []
    result.reserveCapacity(content.count)
    var atStart = true
    for byte in content where !(atStart && byte == .tab) {
      result.append(byte)
      atStart = byte == .lineFeed
    }
    return result
  }
}

/// The `<<NAME` part of a heredoc, before its lines are read.
struct HeredocOpening: Hashable, Sendable {
  var name: String
  var expands: Bool
  var stripsTabs: Bool
  var fileDescriptor: Int

  /// Reads one shell word; nil when it does not open a heredoc.
  ///
  /// - Throws: `ExpansionError` for a word that does but whose quotes do not close.
  init?(word: some Collection<UInt8>) throws(ExpansionError) {
    let bytes = Array(word)
    var index = 0
    while index < bytes.count, bytes[index].isDigit { index += 1 }
    guard let descriptor = index == 0 ? 0 : Int(String(bytes: bytes[..<index])) else { return nil }
    guard bytes[index...].starts(with: [.less, .less]) else { return nil }
    index += 2
    stripsTabs = index < bytes.count && bytes[index] == .dash
    if stripsTabs { index += 1 }
    let rest = bytes[index...]
    guard !rest.isEmpty, !rest.contains(.less) else { return nil }
    let words = try RawWords.split(rest, strippingQuotes: true)
    guard words.count == 1, let name = words.first else { return nil }
    expands = try RawWords.split(rest, strippingQuotes: false) == [name]
    self.name = String(bytes: name)
    fileDescriptor = descriptor
  }

  /// The heredocs that a RUN, COPY or ADD line opens, in order; none when the quotes of the line do not close.
  static func all(in line: some Collection<UInt8>) -> [HeredocOpening] {
    guard let words = try? RawWords.split(line, strippingQuotes: false) else { return [] }
    return words.compactMap { try? HeredocOpening(word: $0) }
  }
}
