/// One message about something the user wrote: what is wrong, where, why, and what to do about it.
///
/// Texts are lower case without a full stop and may hold user input; control characters in them are made harmless when
/// the message is rendered, not here.
package struct Diagnostic: Hashable, Sendable {
  /// How grave a diagnostic is.
  package enum Severity: String, Hashable, Sendable {
    /// Nothing is built.
    case error
    /// The build goes on.
    case warning
  }

  /// What a diagnostic points at.
  package enum Location: Hashable, Sendable {
    /// A stretch of a file, shown with an excerpt.
    case range(SourceRange)
    /// Anything else that a user can go to, for example `COMPONENTS (environment)`.
    case text(String)
    /// The message has no place.
    case none
  }

  /// Whether the diagnostic stops the build.
  package var severity: Severity
  /// The name of the check that a user can switch off, if there is one.
  package var rule: String?
  /// What is wrong, in one line.
  package var what: String
  /// Where it is.
  package var location: Location
  /// Reasons and facts, one line each.
  package var why: [String]
  /// What to do about it, best a command, one line each.
  package var help: [String]

  /// Collects the parts of a message.
  package init(
    _ severity: Severity, _ what: String, location: Location, rule: String? = nil, why: [String] = [],
    help: [String] = []
  ) {
    self.severity = severity
    self.rule = rule
    self.what = what
    self.location = location
    self.why = why
    self.help = help
  }

  /// An error in a user's file.
  package static func error(_ what: String, at range: SourceRange, why: [String] = [], help: [String] = [])
    -> Diagnostic
  {
    Diagnostic(.error, what, location: .range(range), why: why, help: help)
  }

  /// An error outside any file; `place` says where to look, for example `--arch (command line)`.
  package static func error(_ what: String, at place: String, why: [String] = [], help: [String] = []) -> Diagnostic {
    Diagnostic(.error, what, location: .text(place), why: why, help: help)
  }

  /// A warning in a user's file, from the check named `rule`.
  package static func warning(
    _ what: String, at range: SourceRange, rule: String? = nil, why: [String] = [], help: [String] = []
  ) -> Diagnostic {
    Diagnostic(.warning, what, location: .range(range), rule: rule, why: why, help: help)
  }

  /// A warning outside any file.
  package static func warning(
    _ what: String, at place: String, rule: String? = nil, why: [String] = [], help: [String] = []
  ) -> Diagnostic {
    Diagnostic(.warning, what, location: .text(place), rule: rule, why: why, help: help)
  }

  /// The range, when the diagnostic points into a file.
  package var range: SourceRange? {
    if case .range(let range) = location { range } else { nil }
  }
}
