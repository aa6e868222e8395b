import Diagnostics

extension InstructionReader {
  mutating func run() throws(DiagnosticsError) -> RunInstruction {
    let known: [String: FlagShape] = ["mount": .list, "network": .text, "security": .text, "device": .list]
    let flags = flags(known)
    for word in flags.list("device") {
      report(
        .error(
          "RUN --device is not supported", at: word.range,
          why: ["a device of one machine makes an image that no other machine can make again"],
          help: ["use the device in `build_binaries`, which runs on the host, and COPY what it makes"]))
    }
    var mounts: [MountFlag] = []
    for word in flags.list("mount") {
      do {
        mounts.append(try MountFlag(word))
      } catch {
        for diagnostic in error.diagnostics { report(diagnostic) }
      }
    }
    let network = choice(flags.text("network"), RunNetwork.allCases, "network")
    let security = choice(flags.text("security"), RunSecurity.allCases, "security")
    let command = try command(known)
    switch command {
    case .shell(let word) where word.text.utf8.isEmpty:
      throw failure("RUN requires at least one argument", help: ["for example: RUN command"])
    case .exec(let words) where words.isEmpty:
      throw failure("RUN requires at least one argument", help: ["for example: RUN [\"/bin/command\"]"])
    default:
      return RunInstruction(
        command: command, heredocs: syntax.heredocs, mounts: mounts, network: network, security: security)
    }
  }

  private mutating func choice<Value: RawRepresentable<String>>(_ word: Word?, _ all: [Value], _ name: String) -> Value?
  {
    guard let word else { return nil }
    if let value = Value(rawValue: word.text) { return value }
    let names = all.map(\.rawValue)
    let guess = didYouMean(word.text, among: names).map { " (did you mean \($0)?)" } ?? ""
    report(
      .error(
        "unsupported --\(name): \(word.text)\(guess)", at: word.range, why: ["one of \(names.joined(separator: ", "))"])
    )
    return nil
  }

  mutating func healthcheck() throws(DiagnosticsError) -> HealthcheckInstruction {
    let durations = ["interval", "timeout", "start-period", "start-interval"]
    let flags = flags(Dictionary(uniqueKeysWithValues: (durations + ["retries"]).map { ($0, FlagShape.text) }))
    try DiagnosticsError.check(diagnostics)
    guard case .check(let type, let command) = syntax.arguments, !type.text.utf8.isEmpty else {
      throw failure("HEALTHCHECK requires at least one argument", help: ["for example: HEALTHCHECK CMD command"])
    }
    let check: HealthcheckInstruction.Check
    switch (type.text.asciiUppercased, command) {
    case ("NONE", .text(let word)) where word.text.utf8.isEmpty: check = .none
    case ("NONE", _): throw failure("HEALTHCHECK NONE takes no arguments")
    case ("CMD", .text(let word)) where !word.text.utf8.isEmpty: check = .command(.shell(word))
    case ("CMD", .json(let words)) where !words.isEmpty: check = .command(.exec(words))
    case ("CMD", _): throw failure("missing command after HEALTHCHECK CMD")
    default:
      throw failure("unknown type \"\(type.text)\" in HEALTHCHECK (try CMD)", at: type.range)
    }
    let values = durations.map { duration(flags.text($0), "--\($0)") }
    let retries = retries(flags.text("retries"))
    return HealthcheckInstruction(
      check: check, interval: values[0], timeout: values[1], startPeriod: values[2], startInterval: values[3],
      retries: retries)
  }

  private mutating func duration(_ word: Word?, _ name: String) -> Int64 {
    guard let word else { return 0 }
    guard let value = GoDuration.nanoseconds(word.text) else {
      report(
        .error("invalid duration for \(name): \(word.text)", at: word.range, help: ["for example 30s, 1m30s, 500ms"]))
      return 0
    }
    if value < 0 || (value > 0 && value < 1_000_000) {
      report(.error("\(name) cannot be less than 1ms", at: word.range))
    }
    return value
  }

  private mutating func retries(_ word: Word?) -> Int {
    guard let word, !word.text.utf8.isEmpty else { return 0 }
    guard let value = Int32(word.text), value >= 0 else {
      report(.error("--retries must be a number that is not negative, not: \(word.text)", at: word.range))
      return 0
    }
    return Int(value)
  }

  mutating func onbuild() throws(DiagnosticsError) -> OnbuildInstruction {
    _ = flags()
    guard case .trigger(let inner) = syntax.arguments else {
      throw failure("ONBUILD requires at least one argument", help: ["for example: ONBUILD RUN command"])
    }
    guard inner.keyword != .from, inner.keyword != .maintainer else {
      throw failure("\(inner.keyword.rawValue) isn't allowed as an ONBUILD trigger", at: inner.keywordWord.range)
    }
    let trigger = try Instruction(inner)
    var text = trigger.text
    for heredoc in inner.heredocs {
      text += "\n" + String(bytes: heredoc.content) + heredoc.name
    }
    return OnbuildInstruction(text: text, keyword: inner.keyword)
  }
}
