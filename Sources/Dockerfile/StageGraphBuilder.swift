import Diagnostics

/// Sorts the instructions of a file into global ARGs and stages.
struct StageGraphBuilder {
  private(set) var diagnostics: [Diagnostic]
  private(set) var globalArguments: [ArgInstruction] = []
  private(set) var stages: [StageGraph.Stage] = []
  private var current: (head: Instruction, from: FromInstruction, instructions: [Instruction])?
  private var reportedMissingFrom = false

  init(_ diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }

  mutating func add(_ syntax: InstructionSyntax) {
    guard diagnostics.count <= ParserLimits.diagnostics else { return }
    if diagnostics.count == ParserLimits.diagnostics {
      diagnostics.append(.error("too many errors, the rest of the file was not read", at: syntax.range))
      return
    }
    let instruction: Instruction
    do {
      instruction = try Instruction(syntax)
    } catch {
      diagnostics += error.diagnostics.prefix(ParserLimits.diagnostics - diagnostics.count)
      // The stage begins all the same, so that what follows is not reported as standing outside any.
      if syntax.keyword == .from {
        close()
        reportedMissingFrom = true
      }
      return
    }
    switch instruction.kind {
    case .from(let from):
      close()
      current = (instruction, from, [])
    case .arg(let arg) where current == nil:
      globalArguments.append(arg)
    default:
      guard current != nil else {
        reportMissingFrom(instruction)
        return
      }
      if case .maintainer = instruction.kind {
        diagnostics.append(
          .warning(
            "MAINTAINER is deprecated", at: instruction.range, rule: "MaintainerDeprecated",
            help: ["LABEL org.opencontainers.image.authors=\"…\""]))
      }
      current?.instructions.append(instruction)
    }
  }

  private mutating func reportMissingFrom(_ instruction: Instruction) {
    guard !reportedMissingFrom else { return }
    reportedMissingFrom = true
    diagnostics.append(
      .error(
        "no build stage in current context", at: instruction.range,
        why: ["only ARG may stand before the first FROM"], help: ["start with FROM"]))
  }

  private mutating func close() {
    guard let (head, from, instructions) = current else { return }
    current = nil
    let name = from.name?.text.asciiLowercased
    if let name, let word = from.name, let other = stages.last(where: { $0.name == name }) {
      diagnostics.append(
        .warning(
          "duplicate stage name \"\(name)\", stage names should be unique", at: word.range, rule: "DuplicateStageName",
          why: ["line \(other.head.range.start.line) has it too; later lines mean the stage nearest before them"]))
    }
    if stages.count == ParserLimits.stages {
      diagnostics.append(.error("more than \(ParserLimits.stages) stages", at: head.range))
    }
    guard stages.count < ParserLimits.stages else { return }
    stages.append(
      .init(index: stages.count, name: name, from: from, head: head, instructions: instructions))
  }

  mutating func finish(file: SourceFile) {
    close()
    if stages.isEmpty, !diagnostics.contains(where: { $0.severity == .error }) {
      diagnostics.append(.error("no build stage in file", at: file.range(0..<0), help: ["add a line FROM image"]))
    }
    diagnostics = diagnostics.enumerated().sorted {
      ($0.element.range?.offsets.lowerBound ?? 0, $0.offset) < ($1.element.range?.offsets.lowerBound ?? 0, $1.offset)
    }.map(\.element)
  }
}
