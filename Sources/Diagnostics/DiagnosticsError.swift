/// Everything that was found wrong in one pass over user input.
package struct DiagnosticsError: Error, Hashable, Sendable, CustomStringConvertible {
  /// In the order found; never empty, and at least one is an error.
  package let diagnostics: [Diagnostic]

  /// One error alone.
  package init(_ diagnostic: Diagnostic) {
    var diagnostic = diagnostic
    diagnostic.severity = .error
    diagnostics = [diagnostic]
  }

  /// Makes an error of a list when the list has an error in it; nil when there are only warnings, or nothing.
  package init?(_ diagnostics: [Diagnostic]) {
    guard diagnostics.contains(where: { $0.severity == .error }) else { return nil }
    self.diagnostics = diagnostics
  }

  /// Throws the list when there is an error in it.
  ///
  /// - Throws: `DiagnosticsError` with the whole list, warnings included.
  package static func check(_ diagnostics: [Diagnostic]) throws(DiagnosticsError) {
    if let error = DiagnosticsError(diagnostics) { throw error }
  }

  /// All messages as they are printed, without colour.
  package var description: String { diagnostics.map { $0.rendered() }.joined(separator: "\n") }
}
