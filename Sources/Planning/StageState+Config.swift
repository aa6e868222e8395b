import Diagnostics
import Dockerfile
import OCI

extension StageState {
  /// Carries out an instruction that only changes the config; returns its line of history.
  mutating func change(_ instruction: Instruction) throws(DiagnosticsError) -> String {
    switch instruction.kind {
    case .arg(let arg):
      let values = try scope.apply(arg)
      let parts = arg.arguments.map { argument in
        values.last { $0.name == argument.name.text }.map { "\($0.name)=\($0.value)" } ?? argument.name.text
      }
      return "ARG " + parts.joined(separator: " ")
    case .env(let env):
      return "ENV " + (try scope.apply(env)).map { "\($0.name)=\($0.value)" }.joined(separator: " ")
    case .label(let label): return "LABEL " + (try setLabels(label.pairs))
    case .cmd(let form):
      let command = command(form)
      settings.cmd = command
      commandIsOwn = true
      return "CMD " + HistoryText.quoted(command)
    case .entrypoint(let form):
      let command = command(form)
      settings.entrypoint = command
      // An entry point makes the base image's default arguments meaningless.
      if !commandIsOwn { settings.cmd = nil }
      return "ENTRYPOINT " + HistoryText.quoted(command)
    case .shell(let words):
      let shell = words.map(\.text)
      settings.shell = shell
      return "SHELL " + HistoryText.plain(shell)
    case .user(let word):
      let user = try scope.expand(word)
      settings.user = user
      return "USER \(user)"
    case .maintainer(let word):
      let author = try scope.expand(word)
      self.author = author
      return "MAINTAINER \(author)"
    case .onbuild(let trigger):
      settings.onBuild = (settings.onBuild ?? []) + [trigger.text]
      return "ONBUILD \(trigger.text)"
    case .stopsignal(let word): return try setStopSignal(word)
    case .expose(let expose): return try addPorts(expose.ports)
    case .volume(let words): return try addVolumes(words)
    case .healthcheck(let check): return try setHealthcheck(check)
    case .run, .copy, .add, .workdir, .from:
      preconditionFailure("\(instruction.keyword.rawValue) is not a change of the config")
    }
  }

  private mutating func setLabels(_ pairs: [InstructionSyntax.Pair]) throws(DiagnosticsError) -> String {
    let labels = try scope.expand(pairs)
    settings.labels = (settings.labels ?? [:]).merging(labels.map { ($0.name, $0.value) }) { $1 }
    return labels.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
  }

  private mutating func addVolumes(_ words: [Word]) throws(DiagnosticsError) -> String {
    var paths: [String] = []
    for word in words {
      let path = try scope.expand(word)
      guard !path.isEmpty else { throw DiagnosticsError(.error("the path of a volume is empty", at: word.range)) }
      paths.append(path)
    }
    settings.volumes = (settings.volumes ?? [:]).merging(paths.map { ($0, EmptyObject()) }) { $1 }
    return "VOLUME " + HistoryText.plain(paths)
  }

  /// A command as program and arguments; nil for an empty one, which takes the base image's away.
  private func command(_ form: CommandForm) -> [String]? {
    let arguments = ConfigCommand.arguments(of: form, shell: shell)
    return arguments.isEmpty ? nil : arguments
  }

  private mutating func setStopSignal(_ word: Word) throws(DiagnosticsError) -> String {
    let signal = try scope.expand(word)
    guard StopSignal.isValid(signal) else {
      throw DiagnosticsError(
        .error("`\(signal)` is not a signal", at: word.range, why: ["expected a name such as SIGTERM, or a number"]))
    }
    settings.stopSignal = signal
    return "STOPSIGNAL \(signal)"
  }

  private mutating func addPorts(_ words: [Word]) throws(DiagnosticsError) -> String {
    var ports: [ExposedPort] = []
    for word in words {
      for text in try scope.expandToWords(word) {
        guard let parsed = ExposedPort.parse(text) else {
          throw DiagnosticsError(
            .error(
              "`\(text)` is not a port", at: word.range, why: ["expected PORT, FIRST-LAST, or either with /tcp or /udp"]
            ))
        }
        ports += parsed
      }
    }
    settings.exposedPorts = (settings.exposedPorts ?? [:])
      .merging(ports.map { ($0.description, EmptyObject()) }) { $1 }
    return "EXPOSE " + HistoryText.set(ports.map(\.description))
  }

  private mutating func setHealthcheck(_ instruction: HealthcheckInstruction) throws(DiagnosticsError) -> String {
    let test = ConfigCommand.test(of: instruction.check)
    func positive<T: BinaryInteger>(_ value: T) -> T? { value == 0 ? nil : value }
    var check = ImageConfig.Healthcheck(test: test)
    check.interval = positive(instruction.interval)
    check.timeout = positive(instruction.timeout)
    check.startPeriod = positive(instruction.startPeriod)
    check.startInterval = positive(instruction.startInterval)
    check.retries = positive(instruction.retries)
    settings.healthcheck = check
    return "HEALTHCHECK " + HistoryText.check(check)
  }
}
