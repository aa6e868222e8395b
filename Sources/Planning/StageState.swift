import Diagnostics
import Dockerfile
import OCI

/// What is known at one point of a stage: the config as built so far and the variables in scope.
///
/// Instructions are lowered one after the other; config changes are made here, steps are handed to the caller. Pure.
package struct StageState: Sendable {
  /// The config without its environment, which `scope` holds.
  var settings: ImageConfig.Process
  /// Environment and build arguments at this point.
  var scope: StageScope
  /// Who made the image, from MAINTAINER.
  package internal(set) var author: String?
  /// Whether CMD was given in this stage, so that ENTRYPOINT does not take it away.
  var commandIsOwn = false

  /// The state behind a FROM that names an image.
  ///
  /// - Parameters:
  ///   - base: the image's defaults; nil for scratch.
  ///   - global: the variables of the FROM lines.
  package init(base: ImageConfig.Process?, global: GlobalScope, expander: WordExpander) {
    settings = base ?? Self.scratch
    let environment = (settings.env ?? []).map { pair in
      let name = String(pair.prefix { $0 != "=" })
      return Variable(name, String(pair.dropFirst(name.count + 1)))
    }
    scope = StageScope(global: global, expander: expander, environment: environment)
  }

  /// The state behind a FROM that names another stage, whose variables stay in scope.
  package init(onto parent: StageState) {
    self = parent
    commandIsOwn = false
  }

  /// What `docker build` starts from when there is no base image.
  private static let scratch: ImageConfig.Process = {
    var process = ImageConfig.Process()
    process.env = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
    process.workingDir = "/"
    return process
  }()

  /// Defaults for the container, as the image gets them.
  package var process: ImageConfig.Process {
    var process = settings
    process.env = environment.isEmpty ? nil : environment
    return process
  }

  /// `NAME=value` of every variable that the image keeps.
  var environment: [String] { scope.environment.map { "\($0.name)=\($0.value)" } }

  /// Where relative paths start: absolute.
  package var workingDirectory: String {
    let directory = settings.workingDir ?? "/"
    return directory.hasPrefix("/") ? directory : "/" + directory
  }

  /// The program that runs commands in shell form.
  var shell: [String] { settings.shell ?? ConfigCommand.defaultShell }

  /// A word with the values that hold at this point.
  ///
  /// - Throws: one diagnostic at the word.
  package func expand(_ word: Word) throws(DiagnosticsError) -> String { try scope.expand(word) }

  /// Takes the instructions that the base image left for its children, as text, out of the config.
  package mutating func takeTriggers() -> [String] {
    defer { settings.onBuild = nil }
    return settings.onBuild ?? []
  }

  /// Takes an instruction: changes the config, or says which step is to be done.
  ///
  /// - Throws: diagnostics at the instruction's place, among them for what is well-formed but not supported.
  package mutating func lower(_ instruction: Instruction) throws(DiagnosticsError) -> LoweredInstruction {
    switch instruction.kind {
    case .run(let run): return try lower(run, instruction)
    case .copy(let copy): return try lower(copy, instruction)
    case .add(let add): return try lower(add, instruction)
    case .workdir(let word): return try lowerWorkingDirectory(word, instruction)
    default:
      let history = try change(instruction)
      return LoweredInstruction(history: history, step: nil, range: instruction.range)
    }
  }
}
