import Diagnostics

extension Instruction {
  /// Reads the triggers that a base image carries (`OnBuild` in its configuration), in order.
  ///
  /// - Parameters:
  ///   - triggers: the texts as `OnbuildInstruction.text` has them.
  ///   - origin: how messages call their source, for example `ONBUILD of registry/image:tag`.
  /// - Throws: everything wrong with them, also FROM, ONBUILD and MAINTAINER, which no trigger may be.
  package static func triggers(_ triggers: [String], origin: String) throws(DiagnosticsError) -> [Instruction] {
    var diagnostics: [Diagnostic] = []
    var result: [Instruction] = []
    for trigger in triggers {
      let tree = SyntaxTree(parsing: SourceFile(name: origin, bytes: Array(trigger.utf8)))
      diagnostics += tree.diagnostics
      for syntax in tree.instructions {
        if [.from, .onbuild, .maintainer].contains(syntax.keyword) {
          diagnostics.append(
            .error("\(syntax.keyword.rawValue) isn't allowed as an ONBUILD trigger", at: syntax.keywordWord.range))
        }
        do {
          result.append(try Instruction(syntax))
        } catch {
          diagnostics += error.diagnostics
        }
      }
    }
    try DiagnosticsError.check(diagnostics)
    return result
  }
}
