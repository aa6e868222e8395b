import Diagnostics

/// A piece of an instruction as written: quotes, escapes and variables are still in it.
///
/// Compare and look up words by their bytes (`text.utf8`) where canonical equivalence must not count.
package struct Word: Hashable, Sendable {
  /// The text before expansion.
  package let text: String
  /// Where it stands; covers the lines between the parts of a word that is continued.
  package let range: SourceRange

  /// Pairs a text with its place.
  package init(_ text: String, range: SourceRange) {
    self.text = text
    self.range = range
  }

  /// Whether the word holds a `$`, so that its value may depend on the build arguments.
  package var mayHoldVariable: Bool { text.contains(byte: .dollar) }
}
