/// Bounds that keep hostile input from costing more than its size; reaching one is a diagnostic, never a truncation.
package enum ParserLimits {
  /// Bytes in a Dockerfile.
  package static let fileBytes = 4 << 20
  /// Bytes in one instruction after its lines were joined, heredocs not counted.
  package static let instructionBytes = 1 << 20
  /// Instructions in a Dockerfile.
  package static let instructions = 20_000
  /// Stages in a Dockerfile.
  package static let stages = 1000
  /// Diagnostics collected from one file before the parser gives up.
  package static let diagnostics = 50
  /// Heredocs that one instruction may open.
  package static let heredocs = 64
  /// Depth of `${a:-${b:-…}}`.
  package static let substitutionDepth = 32
  /// Bytes in the result of expanding one word: what Linux takes as one argument or variable of a program.
  package static let expandedBytes = 128 << 10
  /// Bytes of values in which the patterns of one word search, all together.
  package static let searchedBytes = 4 << 20
  /// Bytes of all names and values of one instruction, or of all variables of a stage.
  package static let variableBytes = 2 << 20
  /// Diagnostics collected from one instruction.
  package static let diagnosticsPerInstruction = 10
  /// Characters in a pattern of `${a#…}`, `${a%…}` or `${a/…}`.
  package static let patternLength = 512
  /// Depth of nested JSON arrays.
  package static let jsonDepth = 32
}
