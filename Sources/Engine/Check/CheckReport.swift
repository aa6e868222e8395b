import Diagnostics

/// What a look at a set's recipes brought to light.
package struct CheckReport: Sendable {
  /// By file, then by place.
  package let diagnostics: [Diagnostic]
  /// Components that were looked at.
  package let components: Int
  /// Their recipes.
  package let files: Int

  /// How many diagnostics are errors.
  package var errors: Int { diagnostics.count { $0.severity == .error } }
  /// How many are warnings.
  package var warnings: Int { diagnostics.count - errors }

  /// The same with every warning as an error.
  package var strict: CheckReport {
    let all = diagnostics.map { diagnostic in
      var diagnostic = diagnostic
      diagnostic.severity = .error
      return diagnostic
    }
    return CheckReport(diagnostics: all, components: components, files: files)
  }

  /// One line for people: what was looked at, and how much was found.
  package var summary: String {
    func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
    let found =
      diagnostics.isEmpty ? "nothing to complain of" : "\(count(errors, "error")), \(count(warnings, "warning"))"
    return "checked \(count(components, "component")), \(count(files, "recipe")): \(found)"
  }

  /// All of it for machines.
  package var document: CheckDocument { CheckDocument(self) }
}

/// A report as JSON; the version grows when a member changes its meaning or goes.
package struct CheckDocument: Encodable, Sendable {
  let version = 1
  let components: Int
  let recipes: Int
  let errors: Int
  let warnings: Int
  let diagnostics: [Entry]

  init(_ report: CheckReport) {
    components = report.components
    recipes = report.files
    errors = report.errors
    warnings = report.warnings
    diagnostics = report.diagnostics.map(Entry.init)
  }

  /// One diagnostic; lines and columns count from 1, columns in bytes, and the end is the place behind the last byte.
  struct Entry: Encodable, Sendable {
    let severity: String
    /// Absent for mistakes that no rule is about.
    let rule: String?
    let message: String
    /// The file, or any other place; absent when there is none.
    let place: String?
    let line: Int?
    let column: Int?
    let endLine: Int?
    let endColumn: Int?
    let why: [String]
    let help: [String]

    init(_ diagnostic: Diagnostic) {
      severity = diagnostic.severity.rawValue
      rule = diagnostic.rule
      message = diagnostic.what
      place =
        switch diagnostic.location {
        case .range(let range): range.file.name
        case .text(let text): text
        case .none: nil
        }
      (line, column) = (diagnostic.range?.start.line, diagnostic.range?.start.column)
      (endLine, endColumn) = (diagnostic.range?.end.line, diagnostic.range?.end.column)
      (why, help) = (diagnostic.why, diagnostic.help)
    }
  }
}
