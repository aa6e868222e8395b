import Diagnostics
import Dockerfile
import OCI

/// A piece of a recipe in which an architecture is written out.
struct ArchitectureText {
  /// The whole word or assignment.
  let text: String
  let range: SourceRange
  let mention: ArchitectureMention
  /// The stage, or nil for an ARG before all stages.
  let stage: Int?

  /// Whether it is `GOARCH=name`.
  var isGoArchitecture: Bool { text == "GOARCH=\(mention.name)" }

  /// Every such piece in RUN, ADD, COPY, ENV, ARG and FROM; a name alone is a case or an argument, and none.
  static func all(in recipe: CheckedRecipe) -> [ArchitectureText] {
    var result: [ArchitectureText] = []
    for argument in recipe.graph.globalArguments.flatMap(\.arguments) { result += pieces(argument, nil) }
    for stage in recipe.graph.stages {
      result += pieces(stage.from.base.text, stage.from.base.range, stage.index)
      for instruction in stage.instructions { result += pieces(instruction, stage.index) }
    }
    return result
  }

  private static func pieces(_ instruction: Instruction, _ stage: Int) -> [ArchitectureText] {
    switch instruction.kind {
    case .run(let run):
      let script = ScriptText(run)
      let found = script.tokens.flatMap { pieces($0.text, $0.range, stage) }
      return found.isEmpty || script.choosesByArchitecture ? [] : found
    case .env(let env):
      return env.pairs.flatMap { pieces($0.name.text + "=" + $0.value.text, $0.value.range, stage) }
    case .arg(let arg): return arg.arguments.flatMap { pieces($0, stage) }
    case .add(let add): return add.transfer.sourceWords.flatMap { pieces($0.text, $0.range, stage) }
    case .copy(let copy) where copy.from == nil:
      return copy.transfer.sourceWords.flatMap { pieces($0.text, $0.range, stage) }
    default: return []
    }
  }

  private static func pieces(_ argument: ArgInstruction.Argument, _ stage: Int?) -> [ArchitectureText] {
    guard let value = argument.defaultValue else { return [] }
    return pieces(argument.name.text + "=" + value.text, value.range, stage)
  }

  /// The first mention in a word that holds more than names of architectures.
  private static func pieces(_ text: String, _ range: SourceRange, _ stage: Int?) -> [ArchitectureText] {
    let mentions = ArchitectureMention.all(in: text.utf8)
    guard let first = mentions.first else { return [] }
    let bytes = Array(text.utf8)
    let covered = mentions.reduce(0) { $0 + $1.range.count }
    let letters = bytes.count(where: ArchitectureMention.isAlphanumeric)
    let named = mentions.reduce(0) { $0 + bytes[$1.range].count(where: ArchitectureMention.isAlphanumeric) }
    guard covered < bytes.count, letters > named else { return [] }
    return [ArchitectureText(text: text, range: range, mention: first, stage: stage)]
  }
}

extension CheckedRecipe {
  /// The platforms of the run for which a stage is needed and a name of an architecture is wrong there.
  ///
  /// - Parameter followsStage: whether the stage's own `--platform` counts instead of the platform wanted.
  func platforms(contradicting mention: ArchitectureMention, in stage: Int?, followsStage: Bool) -> [Platform] {
    let concerned = builds.filter { build in
      guard let stage else { return true }
      guard build.needed.contains(stage) else { return false }
      return !followsStage || build.platform(of: stage) == build.platform
    }
    return concerned.map(\.platform).filter { $0.architecture != mention.platform.architecture }
  }

  /// Whether the file is built for more than one architecture.
  var isMultiArchitecture: Bool { Set(builds.map(\.platform.architecture)).count > 1 }
}
