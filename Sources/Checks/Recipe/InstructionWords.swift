import Dockerfile

extension Instruction {
  /// The words in which variables are replaced when the instruction is carried out; those of FROM, which sees other
  /// variables, are not among them, nor are commands, whose variables are the shell's business.
  var expandedWords: [Word] {
    switch kind {
    case .add(let add): add.transfer.words + [add.checksum].compactMap { $0 }
    case .copy(let copy): copy.transfer.words + [copy.from].compactMap { $0 }
    case .arg(let arg): arg.arguments.compactMap(\.defaultValue)
    case .env(let env): env.pairs.flatMap { [$0.name, $0.value] }
    case .label(let label): label.pairs.flatMap { [$0.name, $0.value] }
    case .expose(let expose): expose.ports
    case .run(let run): run.mounts.map(\.word)
    case .maintainer(let word), .stopsignal(let word), .user(let word), .workdir(let word): [word]
    case .volume(let words): words
    case .cmd, .entrypoint, .from, .healthcheck, .onbuild, .shell: []
    }
  }
}

extension FileTransfer {
  fileprivate var words: [Word] {
    sourceWords + [destination] + [chown, chmod].compactMap { $0 } + excludes
  }

  /// The sources that are paths.
  var sourceWords: [Word] { sources.compactMap { if case .path(let word) = $0 { word } else { nil } } }
}

extension StageGraph {
  /// Every instruction behind a FROM, with the index of its stage.
  var instructions: [(stage: Int, instruction: Instruction)] {
    stages.flatMap { stage in stage.instructions.map { (stage.index, $0) } }
  }
}
