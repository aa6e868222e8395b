import Diagnostics

/// One place in a word where a variable is used.
package struct VariableUse: Hashable, Sendable {
  /// The variable's name.
  package let name: String
  /// From `$` to the end of the substitution; the whole word where the word is continued over lines.
  package let range: SourceRange
  /// Whether the substitution says what happens when the variable is not set: `${a:-b}`, `${a+b}`, `${a?}`.
  package let isGuarded: Bool
}

extension WordExpander {
  /// Every use of a variable in a word, in order of appearance; empty when the word is not well formed.
  package func uses(in word: Word) -> [VariableUse] {
    guard word.mayHoldVariable, let template = try? TemplateReader.read(word.text.utf8, escape: escape) else {
      return []
    }
    let isContiguous = word.range.offsets.count == word.text.utf8.count
    return template.substitutions.map { substitution in
      VariableUse(
        name: substitution.name,
        range: isContiguous
          ? word.range.slice(substitution.span.lowerBound, length: substitution.span.count) : word.range,
        isGuarded: substitution.isGuarded)
    }
  }
}

extension WordTemplate {
  /// All substitutions, also those in parts that may not be reached, in order of appearance.
  fileprivate var substitutions: [Substitution] {
    parts.flatMap { (part) -> [Substitution] in
      guard case .variable(let substitution, _) = part else { return [] }
      return [substitution] + substitution.words.flatMap(\.substitutions)
    }
  }
}

extension Substitution {
  fileprivate var isGuarded: Bool {
    switch operation {
    case .fallback, .alternative, .required: true
    case .value, .withoutPrefix, .withoutSuffix, .replacing: false
    }
  }

  fileprivate var words: [WordTemplate] {
    switch operation {
    case .value: []
    case .fallback(let word, _), .alternative(let word, _), .required(let word, _), .withoutPrefix(let word, _),
      .withoutSuffix(let word, _):
      [word]
    case .replacing(let pattern, let replacement, _): [pattern, replacement]
    }
  }
}
