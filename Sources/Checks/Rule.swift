import Diagnostics

/// One thing that a Dockerfile is looked at for.
package struct Rule: Sendable {
  /// The name by which users know it and switch it off; BuildKit's where the rule is BuildKit's.
  package let name: String
  /// What it demands, in one line.
  package let summary: String
  /// Whether it is looked at only when the file asks for it.
  package let isExperimental: Bool
  /// Looks at one recipe.
  let check: @Sendable (CheckedRecipe, inout Findings) -> Void

  init(
    _ name: String, _ summary: String, isExperimental: Bool = false,
    check: @escaping @Sendable (CheckedRecipe, inout Findings) -> Void
  ) {
    self.name = name
    self.summary = summary
    self.isExperimental = isExperimental
    self.check = check
  }
}

/// What one rule found in one recipe; bounded, so that a hostile file gets no answer larger than itself.
struct Findings {
  /// Messages kept of one rule in one file.
  static let limit = 100

  let rule: String
  private(set) var diagnostics: [Diagnostic] = []
  /// Messages that were found but not kept.
  private(set) var omitted = 0

  init(rule: String) { self.rule = rule }

  /// Whether nothing more is kept, so that costly reasons need not be worked out.
  var isFull: Bool { diagnostics.count >= Self.limit }

  mutating func warn(_ what: String, at range: SourceRange, why: [String] = [], help: [String] = []) {
    add(.warning(what, at: range, rule: rule, why: why, help: help))
  }

  /// For what certainly fails when it is built.
  mutating func fail(_ what: String, at range: SourceRange, why: [String] = [], help: [String] = []) {
    var diagnostic = Diagnostic.error(what, at: range, why: why, help: help)
    diagnostic.rule = rule
    add(diagnostic)
  }

  private mutating func add(_ diagnostic: Diagnostic) {
    if isFull { omitted += 1 } else { diagnostics.append(diagnostic) }
  }
}
