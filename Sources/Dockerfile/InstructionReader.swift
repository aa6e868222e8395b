import Diagnostics

/// Turns a cut instruction into a typed one.
struct InstructionReader {
  let syntax: InstructionSyntax
  /// What is wrong but did not keep the rest from being read.
  private(set) var diagnostics: [Diagnostic] = []
  var keyword: Keyword { syntax.keyword }

  init(_ syntax: InstructionSyntax) { self.syntax = syntax }

  /// Reads arguments and flags; errors are thrown or, where reading could go on, in `diagnostics`.
  mutating func read() throws(DiagnosticsError) -> Instruction.Kind {
    switch keyword {
    case .from: return .from(try from())
    case .arg: return .arg(try arg())
    case .env: return .env(EnvInstruction(pairs: try pairs()))
    case .label: return .label(LabelInstruction(pairs: try pairs()))
    case .run: return .run(try run())
    case .copy: return .copy(try copy())
    case .add: return .add(try add())
    case .healthcheck: return .healthcheck(try healthcheck())
    case .onbuild: return .onbuild(try onbuild())
    case .cmd: return .cmd(try command())
    case .entrypoint: return .entrypoint(try command())
    case .expose: return .expose(ExposeInstruction(ports: try words(atLeastOne: "EXPOSE 8080/tcp")))
    case .volume: return .volume(try volume())
    case .shell: return .shell(try shell())
    case .workdir: return .workdir(try oneText("WORKDIR /path"))
    case .user: return .user(try oneText("USER name"))
    case .stopsignal: return .stopsignal(try oneText("STOPSIGNAL SIGTERM"))
    case .maintainer:
      let author = try oneText("LABEL org.opencontainers.image.authors=\"name\"")
      return .maintainer(author)
    }
  }

  /// Keeps what is wrong, up to the limit for one instruction.
  mutating func report(_ diagnostic: Diagnostic) {
    if diagnostics.count < ParserLimits.diagnosticsPerInstruction { diagnostics.append(diagnostic) }
  }

  /// An error at the instruction's own lines.
  func failure(_ what: String, at range: SourceRange? = nil, why: [String] = [], help: [String] = [])
    -> DiagnosticsError
  {
    DiagnosticsError(.error(what, at: range ?? syntax.range, why: why, help: help))
  }

  mutating func flags(_ known: [String: FlagShape] = [:]) -> FlagReader {
    let reader = FlagReader(syntax.flags, of: keyword, known: known)
    for diagnostic in reader.diagnostics { report(diagnostic) }
    return reader
  }

  /// The command of CMD, ENTRYPOINT and RUN.
  mutating func command(_ known: [String: FlagShape]? = nil) throws(DiagnosticsError) -> CommandForm {
    if known == nil { _ = flags() }
    switch syntax.arguments {
    case .json(let words): return .exec(words)
    case .text(let word): return .shell(word)
    default: throw failure("\(keyword.rawValue) has no command")
    }
  }

  private mutating func oneText(_ example: String) throws(DiagnosticsError) -> Word {
    _ = flags()
    try DiagnosticsError.check(diagnostics)
    guard case .text(let word) = syntax.arguments, !word.text.utf8.isEmpty else {
      throw failure("\(keyword.rawValue) requires exactly one argument", help: ["for example: \(example)"])
    }
    return word
  }

  private mutating func words(atLeastOne example: String) throws(DiagnosticsError) -> [Word] {
    _ = flags()
    try DiagnosticsError.check(diagnostics)
    let words: [Word]
    switch syntax.arguments {
    case .words(let list), .json(let list): words = list
    default: words = []
    }
    guard !words.isEmpty else {
      throw failure("\(keyword.rawValue) requires at least one argument", help: ["for example: \(example)"])
    }
    return words
  }

  private mutating func volume() throws(DiagnosticsError) -> [Word] {
    let words = try words(atLeastOne: "VOLUME /data")
    for word in words where word.text.trimmed.utf8.isEmpty {
      report(.error("VOLUME specified can not be an empty string", at: word.range))
    }
    return words
  }

  private mutating func shell() throws(DiagnosticsError) -> [Word] {
    _ = flags()
    let help = ["for example: SHELL [\"/bin/bash\", \"-c\"]"]
    guard case .json(let words) = syntax.arguments else {
      throw failure("SHELL requires the arguments to be in JSON form", help: help)
    }
    guard !words.isEmpty else { throw failure("SHELL requires at least one argument", help: help) }
    return words
  }

  private mutating func pairs() throws(DiagnosticsError) -> [InstructionSyntax.Pair] {
    _ = flags()
    try DiagnosticsError.check(diagnostics)
    guard case .pairs(let pairs, _) = syntax.arguments, !pairs.isEmpty else {
      throw failure(
        "\(keyword.rawValue) requires at least one argument", help: ["for example: \(keyword.rawValue) name=value"])
    }
    for pair in pairs where pair.name.text.utf8.isEmpty {
      report(.error("\(keyword.rawValue) names can not be blank", at: pair.value.range))
    }
    return pairs
  }

  private mutating func from() throws(DiagnosticsError) -> FromInstruction {
    let flags = flags(["platform": .text])
    try DiagnosticsError.check(diagnostics)
    guard case .words(let words) = syntax.arguments, words.count == 1 || words.count == 3,
      words.count == 1 || words[1].text.asciiUppercased == "AS"
    else {
      throw failure(
        "FROM requires either one or three arguments", help: ["for example: FROM image, or FROM image AS name"])
    }
    let name = words.count == 3 ? words[2] : nil
    if let name, !StageName.isValid(name.text) {
      report(
        .error(
          "invalid name for build stage: \"\(name.text)\"", at: name.range,
          why: ["a name starts with a letter and goes on with letters, digits, - _ and ."]))
    }
    return FromInstruction(base: words[0], platform: flags.text("platform"), name: name)
  }

  private mutating func arg() throws(DiagnosticsError) -> ArgInstruction {
    let words = try words(atLeastOne: "ARG NAME=default")
    var arguments: [ArgInstruction.Argument] = []
    for word in words {
      let bytes = Array(word.text.utf8)
      let sign = bytes.firstIndex(of: .equals)
      let isPlain = word.range.offsets.count == bytes.count
      func part(_ span: Range<Int>) -> Word {
        Word(
          String(bytes: bytes[span]),
          range: isPlain ? word.range.slice(span.lowerBound, length: span.count) : word.range)
      }
      guard sign != 0 else {
        report(.error("ARG names can not be blank", at: word.range))
        continue
      }
      arguments.append(
        .init(name: part(0..<(sign ?? bytes.count)), defaultValue: sign.map { part($0 + 1..<bytes.count) }))
    }
    return ArgInstruction(arguments: arguments)
  }
}

/// The rule for names behind AS.
enum StageName {
  /// Whether the name starts with an ASCII letter and goes on with letters, digits, `-`, `_` and `.`.
  static func isValid(_ name: String) -> Bool {
    guard let first = name.utf8.first, first.isLetter else { return false }
    return name.utf8.allSatisfy { $0.isLetter || $0.isDigit || $0 == .dash || $0 == .dot || $0 == UInt8(ascii: "_") }
  }
}
