import Diagnostics

/// The variables of a stage at one instruction: those of ENV, which the image keeps, and those of ARG.
///
/// A stage on a base image starts with the image's environment; a stage on another stage starts with a copy of that
/// stage's scope at its end. Apply ARG and ENV in order, and expand the words of every other instruction in between.
package struct StageScope: Hashable, Sendable {
  /// The variables of the image in the order in which they were first set.
  package private(set) var environment: [Variable]
  /// The values of the ARGs in scope that have one.
  package private(set) var arguments: [String: String] = [:]
  /// The expander of the file.
  package let expander: WordExpander
  private let global: GlobalScope
  private var positions: [String: Int] = [:]
  /// The bytes of all names and values ever set here.
  private var bytes = 0

  /// The scope behind a FROM that names an image.
  ///
  /// - Parameter environment: the image's own variables; a name that comes twice counts with its last value.
  package init(global: GlobalScope, expander: WordExpander, environment: [Variable] = []) {
    self.global = global
    self.expander = expander
    self.environment = []
    for variable in environment { set(variable) }
  }

  /// The values that the build gives, declared or not.
  package var givenArguments: [String: String] { global.arguments.given }

  /// The value of a variable; ENV wins over ARG; nil when it is not set.
  package func lookup(_ name: String) -> String? {
    if let position = positions[name] { return environment[position].value }
    return arguments[name]
  }

  /// Expands a word to one word.
  ///
  /// - Throws: one diagnostic at the word.
  package func expand(_ word: Word) throws(DiagnosticsError) -> String { try expander.expand(word, lookup: lookup) }

  /// Expands a word to any number of words.
  ///
  /// - Throws: one diagnostic at the word.
  package func expandToWords(_ word: Word) throws(DiagnosticsError) -> [String] {
    try expander.expandToWords(word, lookup: lookup)
  }

  /// The content of a heredoc of COPY or ADD as it is written.
  ///
  /// - Throws: one diagnostic at the content.
  package func expand(_ heredoc: Heredoc) throws(DiagnosticsError) -> [UInt8] {
    try expander.expand(heredoc, lookup: lookup)
  }

  /// Expands names and values of ENV or LABEL, none of which sees another of the same instruction.
  ///
  /// - Throws: everything that cannot be expanded.
  package func expand(_ pairs: [InstructionSyntax.Pair]) throws(DiagnosticsError) -> [Variable] {
    var diagnostics: [Diagnostic] = []
    var result: [Variable] = []
    var bytes = 0
    for pair in pairs where diagnostics.count < ParserLimits.diagnosticsPerInstruction {
      do {
        let name = try expand(pair.name)
        if name.utf8.isEmpty {
          diagnostics.append(.error("name is empty after expansion: \(pair.name.text)", at: pair.name.range))
        }
        result.append(Variable(name, try expand(pair.value)))
        bytes += name.utf8.count + (result.last?.value.utf8.count ?? 0)
        try Self.check(bytes, at: pair.value)
      } catch {
        diagnostics += error.diagnostics
      }
    }
    try DiagnosticsError.check(diagnostics)
    return result
  }

  /// Declares the variables of an ARG instruction and returns those that have a value now.
  ///
  /// The value is the first there is of: the build's, the default, the global one, the automatic one.
  ///
  /// - Throws: a default that cannot be expanded and that the build does not replace.
  @discardableResult
  package mutating func apply(_ instruction: ArgInstruction) throws(DiagnosticsError) -> [Variable] {
    var result: [Variable] = []
    for argument in instruction.arguments {
      let name = argument.name.text
      var value = global.arguments.given[name]
      if value == nil, let word = argument.defaultValue { value = try expand(word) }
      guard let value = value ?? global.lookup(name) else { continue }
      bytes += name.utf8.count + value.utf8.count
      try Self.check(bytes, at: argument.name)
      arguments[name] = value
      result.append(Variable(name, value))
    }
    return result
  }

  /// Sets the variables of an ENV instruction and returns them.
  ///
  /// - Throws: everything that cannot be expanded; nothing is set then.
  @discardableResult
  package mutating func apply(_ instruction: EnvInstruction) throws(DiagnosticsError) -> [Variable] {
    let variables = try expand(instruction.pairs)
    for variable in variables { set(variable) }
    if let last = instruction.pairs.last { try Self.check(bytes, at: last.name) }
    return variables
  }

  /// Sets one variable of the image.
  package mutating func set(_ variable: Variable) {
    bytes += variable.name.utf8.count + variable.value.utf8.count
    if let position = positions[variable.name] {
      environment[position] = variable
    } else {
      positions[variable.name] = environment.count
      environment.append(variable)
    }
  }

  private static func check(_ bytes: Int, at word: Word) throws(DiagnosticsError) {
    guard bytes > ParserLimits.variableBytes else { return }
    throw DiagnosticsError(
      .error("variables hold more than \(ParserLimits.variableBytes) bytes after expansion", at: word.range))
  }
}
