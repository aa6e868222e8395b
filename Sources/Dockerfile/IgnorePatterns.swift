import Diagnostics

/// The patterns of a `.dockerignore` file: which paths of a context are left out.
///
/// A path is left out when the last pattern that matches it, or one of its parent directories, is not negated.
/// <https://docs.docker.com/build/concepts/context/#dockerignore-files>
package struct IgnorePatterns: Sendable {
  struct Entry: Sendable {
    let pattern: IgnorePattern
    let isNegated: Bool
  }

  private(set) var entries: [Entry] = []
  /// Whether there is a pattern that takes paths back in.
  package private(set) var hasNegations = false

  /// Leaves nothing out.
  package init() {}

  /// Reads a whole file: blank lines and lines that start with `#` do not count.
  ///
  /// - Throws: every pattern that is not well formed, with its line.
  package init(parsing file: SourceFile) throws(DiagnosticsError) {
    var diagnostics: [Diagnostic] = []
    if file.bytes.count > ParserLimits.fileBytes {
      throw DiagnosticsError(.error("file is larger than \(ParserLimits.fileBytes) bytes", at: file.range(0..<0)))
    }
    for line in Self.lines(of: file) {
      if let entry = Self.entry(line.pattern) {
        append(entry)
      } else {
        diagnostics.append(Self.malformed(line.pattern, at: .range(line.range)))
      }
    }
    try DiagnosticsError.check(diagnostics)
  }

  /// Takes patterns one by one, for example those of `COPY --exclude`.
  ///
  /// - Throws: every pattern that is not well formed; `origin` says where they come from.
  package init(_ patterns: [String], origin: String) throws(DiagnosticsError) {
    var diagnostics: [Diagnostic] = []
    for text in patterns {
      let pattern = Array(Array(text.utf8).trimmed)
      guard !pattern.isEmpty else { continue }
      if let entry = Self.entry(pattern) {
        append(entry)
      } else {
        diagnostics.append(Self.malformed(pattern, at: .text(origin)))
      }
    }
    try DiagnosticsError.check(diagnostics)
  }

  /// Whether there is no pattern at all.
  package var isEmpty: Bool { entries.isEmpty }

  private mutating func append(_ entry: Entry) {
    entries.append(entry)
    if entry.isNegated { hasNegations = true }
  }

  private static func malformed(_ pattern: [UInt8], at location: Diagnostic.Location) -> Diagnostic {
    let text = String(bytes: pattern)
    let what = text == "!" ? "illegal exclusion pattern: \"!\"" : "syntax error in pattern: \(text)"
    return Diagnostic(
      .error, what, location: location,
      help: ["write \\ before a character that is meant as it is, and close every ["])
  }

  /// Compiles one cleaned or raw pattern; nil when it is not well formed.
  private static func entry(_ text: [UInt8]) -> Entry? {
    let isNegated = text.first == .exclamationMark
    var path = isNegated ? Array(text.dropFirst().trimmed) : text
    guard !path.isEmpty else { return nil }
    path = IgnorePath.clean(path)
    if path.count > 1, path.first == .slash { path.removeFirst() }
    guard let pattern = IgnorePattern(path) else { return nil }
    return Entry(pattern: pattern, isNegated: isNegated)
  }

  /// The patterns of a file as they are kept: blanks around them gone, paths cleaned, no leading slash; `!` first where
  /// it stood.
  package static func normalized(_ file: SourceFile) -> [String] { lines(of: file).map { String(bytes: $0.pattern) } }

  private static func lines(of file: SourceFile) -> [(pattern: [UInt8], range: SourceRange)] {
    var scanner = LineScanner(file: file)
    var result: [(pattern: [UInt8], range: SourceRange)] = []
    while let (content, _) = scanner.nextLine() {
      guard file.bytes[content].first != .hash else { continue }
      let trimmed = file.bytes[content].trimmed
      guard !trimmed.isEmpty else { continue }
      let isNegated = trimmed.first == .exclamationMark
      var path = Array((isNegated ? trimmed.dropFirst() : trimmed).trimmed)
      if !path.isEmpty {
        path = IgnorePath.clean(path)
        if path.count > 1, path.first == .slash { path.removeFirst() }
      }
      result.append((isNegated ? [.exclamationMark] + path : path, file.range(trimmed.indices)))
    }
    return result
  }
}
