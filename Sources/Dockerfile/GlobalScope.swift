import Diagnostics

/// The variables in front of the first FROM, evaluated for one build: what FROM lines see and what stages may take
/// over.
package struct GlobalScope: Hashable, Sendable {
  /// The arguments that the values come from.
  package let arguments: BuildArguments
  /// The values of the ARGs that have one.
  package private(set) var values: [String: String] = [:]
  private let expander: WordExpander

  /// Evaluates the ARG instructions in order; each default sees the automatic values and the ARGs before it.
  ///
  /// - Throws: every default that cannot be expanded.
  init(_ instructions: [ArgInstruction], arguments: BuildArguments, expander: WordExpander) throws(DiagnosticsError) {
    self.arguments = arguments
    self.expander = expander
    var diagnostics: [Diagnostic] = []
    for argument in instructions.flatMap(\.arguments) {
      let name = argument.name.text
      do {
        if let value = arguments.given[name] {
          values[name] = value
        } else if let word = argument.defaultValue {
          values[name] = try expander.expand(word, lookup: lookup)
        }
      } catch {
        diagnostics += error.diagnostics
      }
    }
    try DiagnosticsError.check(diagnostics)
  }

  /// The value that a FROM line sees; nil when the variable is not set.
  package func lookup(_ name: String) -> String? {
    if let value = values[name] { return value }
    guard let automatic = arguments.platform[name] else { return nil }
    return arguments.given[name] ?? automatic
  }
}
