/// A word read into its parts once, to be evaluated for any number of environments.
///
/// The syntax is that of the Dockerfile reference's environment replacement, in which quotes, escapes and `${…}` work
/// as in a POSIX shell. <https://docs.docker.com/reference/dockerfile/#environment-replacement>
struct WordTemplate: Sendable {
  enum Part: Sendable {
    /// Text outside quotes: blanks in it separate words.
    case bare([UInt8])
    /// Text that was quoted or escaped: blanks in it are kept.
    case quoted([UInt8])
    /// A variable; blanks in its value separate words unless it stood in double quotes.
    case variable(Substitution, isQuoted: Bool)
  }

  private(set) var parts: [Part] = []
  /// The text that is being read and has not become a part yet.
  private var run: [UInt8] = []
  private var runIsQuoted = false

  mutating func append(_ byte: UInt8, isQuoted: Bool) {
    if isQuoted != runIsQuoted { close() }
    runIsQuoted = isQuoted
    run.append(byte)
  }

  mutating func append(_ substitution: Substitution, isQuoted: Bool) {
    close()
    parts.append(.variable(substitution, isQuoted: isQuoted))
  }

  /// Makes a part of the text read so far; to be called when the word is at its end.
  mutating func close() {
    guard !run.isEmpty else { return }
    parts.append(runIsQuoted ? .quoted(run) : .bare(run))
    run = []
  }

  /// The names of all variables in the word, also those in parts that may not be reached, in order of appearance.
  var variables: [String] {
    parts.flatMap { (part) -> [String] in
      if case .variable(let substitution, _) = part { substitution.variables } else { [] }
    }
  }
}

/// `$name` or `${name…}`.
struct Substitution: Sendable {
  /// What is done with the value.
  indirect enum Operation: Sendable {
    case value
    /// `-`: the word when the variable is unset (or empty, with `:`).
    case fallback(WordTemplate, emptyCounts: Bool)
    /// `+`: the word when the variable is set (and not empty, with `:`).
    case alternative(WordTemplate, emptyCounts: Bool)
    /// `?`: the word is the error when the variable is unset (or empty, with `:`).
    case required(WordTemplate, emptyCounts: Bool)
    /// `#`, `##`: the value without the shortest or longest matching start.
    case withoutPrefix(WordTemplate, longest: Bool)
    /// `%`, `%%`: the value without the shortest or longest matching end.
    case withoutSuffix(WordTemplate, longest: Bool)
    /// `/`, `//`: the value with the first match, or all, replaced.
    case replacing(WordTemplate, WordTemplate, all: Bool)
  }

  var name: String
  var operation: Operation
  /// The bytes of the word from `$` on.
  var span: Range<Int>

  var variables: [String] {
    switch operation {
    case .value: [name]
    case .fallback(let word, _), .alternative(let word, _), .required(let word, _), .withoutPrefix(let word, _),
      .withoutSuffix(let word, _):
      [name] + word.variables
    case .replacing(let pattern, let replacement, _): [name] + pattern.variables + replacement.variables
    }
  }
}
