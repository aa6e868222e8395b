import Diagnostics
import Dockerfile

/// Which variables are set where, by name alone.
struct VariableAnalysis: Sendable {
  /// A use of a variable that nothing before it sets.
  struct Undefined: Sendable {
    let stage: Int
    let instruction: Instruction
    let use: VariableUse
    /// Whether everything that the base image sets is known.
    let isBaseKnown: Bool
  }

  /// In the order of the file; those whose substitution handles them (`${a:-b}`) are among them.
  private(set) var undefined: [Undefined] = []
  /// Offsets of the instructions with a variable that a base image may set.
  private(set) var unknown: Set<Int> = []
  /// The names declared in each stage and those that it is built on.
  private(set) var declared: [Set<String>] = []
  /// The names declared in each stage itself, in order, without repetitions.
  private(set) var own: [[String]] = []

  private var isBaseKnown: [Bool] = []

  /// - Parameter imageVariables: the variables of an image; nil when they are not known.
  init(_ graph: StageGraph, bases: [StageSource?], imageVariables: (String) -> Set<String>?) {
    for stage in graph.stages {
      var names: Set<String>
      switch bases[stage.index] {
      case .stage(let parent)?:
        names = declared[parent]
        isBaseKnown.append(isBaseKnown[parent])
      case .scratch?:
        names = ["PATH"]
        isBaseKnown.append(true)
      case .image(let name)?:
        let known = imageVariables(name)
        names = known ?? []
        names.insert("PATH")
        isBaseKnown.append(known != nil)
      case .context?, nil:
        names = ["PATH"]
        isBaseKnown.append(false)
      }
      var own: [String] = []
      for instruction in stage.instructions {
        walk(instruction, stage.index, graph.expander, &names, &own)
      }
      declared.append(names)
      self.own.append(own)
    }
  }

  private mutating func walk(
    _ instruction: Instruction, _ stage: Int, _ expander: WordExpander, _ names: inout Set<String>,
    _ own: inout [String]
  ) {
    func declare(_ word: Word) { if names.insert(word.text).inserted { own.append(word.text) } }
    if case .arg(let arg) = instruction.kind {
      for argument in arg.arguments {
        if let word = argument.defaultValue { look(at: [word], instruction, stage, expander, names) }
        declare(argument.name)
      }
      return
    }
    look(at: instruction.expandedWords, instruction, stage, expander, names)
    if case .env(let env) = instruction.kind { for pair in env.pairs { declare(pair.name) } }
  }

  private mutating func look(
    at words: [Word], _ instruction: Instruction, _ stage: Int, _ expander: WordExpander, _ names: Set<String>
  ) {
    for use in words.flatMap({ expander.uses(in: $0) }) where !names.contains(use.name) {
      undefined.append(
        Undefined(stage: stage, instruction: instruction, use: use, isBaseKnown: isBaseKnown[stage]))
      if !isBaseKnown[stage] { unknown.insert(instruction.range.offsets.lowerBound) }
    }
  }
}
