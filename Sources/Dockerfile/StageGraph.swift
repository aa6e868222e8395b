import Diagnostics

/// A Dockerfile as its stages: everything that does not depend on build arguments or platform.
package struct StageGraph: Hashable, Sendable {
  /// One FROM and what follows it.
  package struct Stage: Hashable, Sendable {
    /// The place in the file, from 0.
    package let index: Int
    /// The name behind AS in lower case.
    package let name: String?
    /// The FROM.
    package let from: FromInstruction
    /// The range and text of the FROM.
    package let head: Instruction
    /// What follows the FROM, in order.
    package let instructions: [Instruction]

    /// How messages call the stage.
    package var label: String { name ?? String(index) }
  }

  /// The file it was read from.
  package let file: SourceFile
  /// The directives at the top.
  package let directives: ParserDirectives
  /// The ARG instructions in front of the first FROM.
  package let globalArguments: [ArgInstruction]
  /// The stages in order; never empty in a graph that was read without an error.
  package let stages: [Stage]
  /// What is doubtful but builds, in the order of the lines.
  package let warnings: [Diagnostic]

  /// The expander for this file's words.
  package var expander: WordExpander { WordExpander(escape: directives.escape) }

  /// Reads a whole file.
  ///
  /// - Throws: everything that is wrong with its text, however its words will expand.
  package init(parsing file: SourceFile) throws(DiagnosticsError) {
    let (graph, diagnostics) = Self.reading(SyntaxTree(parsing: file))
    try DiagnosticsError.check(diagnostics)
    self = graph
  }

  private init(_ tree: SyntaxTree, _ builder: StageGraphBuilder, warnings: [Diagnostic]) {
    file = tree.file
    directives = tree.directives
    globalArguments = builder.globalArguments
    stages = builder.stages
    self.warnings = warnings
  }

  /// Reads what can be read of a file, and reports what cannot.
  ///
  /// With an error among the diagnostics the graph lacks the instructions at fault, and may have no stage at all; it is
  /// good for looking for more mistakes only. Warnings that the file switches off are left out.
  package static func reading(_ tree: SyntaxTree) -> (graph: StageGraph, diagnostics: [Diagnostic]) {
    var builder = StageGraphBuilder(tree.diagnostics)
    for syntax in tree.instructions { builder.add(syntax) }
    builder.finish(file: tree.file)
    var diagnostics = builder.diagnostics
    if diagnostics.contains(where: { $0.rule != nil }) {
      let switches = CheckSwitches(tree)
      diagnostics.removeAll { diagnostic in
        guard diagnostic.severity == .warning, let rule = diagnostic.rule, let range = diagnostic.range else {
          return false
        }
        return switches.skips(rule, at: range)
      }
    }
    return (StageGraph(tree, builder, warnings: diagnostics.filter { $0.severity == .warning }), diagnostics)
  }

  /// Reads bytes that are shown under a name.
  ///
  /// - Throws: everything that is wrong with the text.
  package init(name: String, bytes: [UInt8]) throws(DiagnosticsError) {
    try self.init(parsing: SourceFile(name: name, bytes: bytes))
  }

  /// The names of all ARGs in the file: a build argument of another name has no effect.
  package var declaredArguments: Set<String> {
    var names = Set(globalArguments.flatMap(\.arguments).map(\.name.text))
    for instruction in stages.flatMap(\.instructions) {
      if case .arg(let arg) = instruction.kind { names.formUnion(arg.arguments.map(\.name.text)) }
    }
    return names
  }

  /// Evaluates the ARGs in front of the first FROM.
  ///
  /// - Throws: every default that cannot be expanded.
  package func globalScope(_ arguments: BuildArguments) throws(DiagnosticsError) -> GlobalScope {
    try GlobalScope(globalArguments, arguments: arguments, expander: expander)
  }

  /// The index of the stage that `--target` means: a name in any case, a number, or the last stage when nil.
  ///
  /// - Throws: a name or number that no stage has.
  package func targetIndex(_ target: String?) throws(DiagnosticsError) -> Int {
    guard let target else { return stages.count - 1 }
    let name = target.asciiLowercased
    if let index = stages.lastIndex(where: { $0.name == name }) { return index }
    if let index = Int(target), stages.indices.contains(index) { return index }
    let names = stages.compactMap(\.name)
    let guess = didYouMean(name, among: names).map { " (did you mean \($0)?)" } ?? ""
    throw DiagnosticsError(
      .error(
        "target stage \"\(target)\" could not be found\(guess)", at: file.name,
        why: names.isEmpty ? ["no stage of the file has a name"] : ["stages here: \(names.joined(separator: " "))"]))
  }
}
