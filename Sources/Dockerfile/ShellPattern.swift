/// A shell pattern as `${name#pattern}` and its relatives know it: `*`, `?` and backslash; no classes.
///
/// Every search costs at most the product of text and pattern length.
struct ShellPattern: Sendable {
  /// Runs of fixed length between the stars; `nil` stands for `?`. There is one segment more than there are stars.
  private var segments: [[Unicode.Scalar?]] = [[]]

  /// Reads a pattern whose escapes are still in it.
  ///
  /// - Throws: an escape of a character that has no meaning to take away, or a pattern over the limit.
  init(_ text: String) throws(ExpansionError) {
    var length = 0
    var scalars = text.unicodeScalars.makeIterator()
    while let scalar = scalars.next() {
      length += 1
      switch scalar {
      case "*": segments.append([])
      case "?": segments[segments.count - 1].append(nil)
      case "\\":
        guard let escaped = scalars.next(), "*?\\}/#%'\"$".unicodeScalars.contains(escaped) else {
          throw ExpansionError(
            what: "invalid escape in pattern \"\(text)\"", offset: 0, help: ["a backslash may stand before * ? \\ } /"])
        }
        segments[segments.count - 1].append(escaped)
      default: segments[segments.count - 1].append(scalar)
      }
    }
    guard length <= ParserLimits.patternLength else {
      throw ExpansionError(what: "pattern is longer than \(ParserLimits.patternLength) characters", offset: 0)
    }
  }

  /// The value without the shortest or longest start that matches; unchanged when none does.
  func removingPrefix(of value: String, longest: Bool) -> String {
    let scalars = Array(value.unicodeScalars)
    guard case .end(let end) = match(in: scalars, at: 0, longest: longest) else { return value }
    return text(scalars[end...])
  }

  /// The value without the shortest or longest end that matches; unchanged when none does.
  func removingSuffix(of value: String, longest: Bool) -> String {
    var mirror = self
    mirror.segments = segments.reversed().map { $0.reversed() }
    let scalars = Array(value.unicodeScalars.reversed())
    guard case .end(let end) = mirror.match(in: scalars, at: 0, longest: longest) else { return value }
    return text(scalars[end...].reversed())
  }

  /// The value with the first longest match, or every one, replaced by the text as it is.
  ///
  /// Stops growing the result a little behind the limit for expanded words, which the caller checks.
  func replacing(in value: String, with replacement: String, all: Bool) -> String {
    let scalars = Array(value.unicodeScalars)
    let new = Array(replacement.unicodeScalars)
    var result: [Unicode.Scalar] = []
    var index = 0
    search: while index <= scalars.count, result.count <= ParserLimits.expandedBytes {
      switch match(in: scalars, at: index, longest: true) {
      case .never:
        break search
      case .notHere:
        if index < scalars.count { result.append(scalars[index]) }
        index += 1
      case .end(let end):
        result += new
        if end == index, index < scalars.count { result.append(scalars[index]) }
        index = max(end, index + 1)
        if !all || end == scalars.count { break search }
      }
    }
    if index < scalars.count { result += scalars[index...] }
    return text(result)
  }

  private enum Match {
    case end(Int)
    case notHere
    /// Neither here nor further on: what follows the first star is not in the rest of the text.
    case never
  }

  /// The end of the shortest or longest match that starts at `start`.
  private func match(in text: [Unicode.Scalar], at start: Int, longest: Bool) -> Match {
    guard segment(segments[0], matches: text, at: start) else { return .notHere }
    var position = start + segments[0].count
    for (number, part) in segments.enumerated().dropFirst() {
      let last = text.count - part.count
      guard position <= last else { return .never }
      let backwards = longest && number == segments.count - 1
      var candidate = backwards ? last : position
      while !segment(part, matches: text, at: candidate) {
        candidate += backwards ? -1 : 1
        guard candidate >= position, candidate <= last else { return .never }
      }
      position = candidate + part.count
    }
    return .end(position)
  }

  private func segment(_ part: [Unicode.Scalar?], matches text: [Unicode.Scalar], at start: Int) -> Bool {
    guard start + part.count <= text.count else { return false }
    for (offset, scalar) in part.enumerated() {
      if let scalar, scalar != text[start + offset] { return false }
    }
    return true
  }

  private func text(_ scalars: some Sequence<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }
}
