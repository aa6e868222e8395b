import Diagnostics

/// What a flag of an instruction takes.
enum FlagShape: Hashable, Sendable {
  /// `--name=text`, at most once.
  case text
  /// `--name=text`, any number of times.
  case list
  /// `--name`, `--name=true` or `--name=false`, at most once.
  case switching
}

/// The flags of one instruction, checked against those that its keyword knows.
struct FlagReader {
  private(set) var diagnostics: [Diagnostic] = []
  private var values: [String: [Word]] = [:]
  private var switches: [String: Bool] = [:]

  /// Sorts the flags; those that are unknown, repeated or without a value are reported and left out.
  init(_ flags: [Word], of keyword: Keyword, known: [String: FlagShape]) {
    for flag in flags where diagnostics.count < ParserLimits.diagnosticsPerInstruction {
      let bytes = Array(flag.text.utf8)
      let sign = bytes.firstIndex(of: .equals)
      let name = String(bytes: bytes[2..<max(sign ?? bytes.count, 2)])
      guard let shape = known[name] else {
        diagnostics.append(Self.unknown(name, flag, keyword, known))
        continue
      }
      if shape != .list, values[name] != nil || switches[name] != nil {
        diagnostics.append(.error("duplicate flag specified: --\(name)", at: flag.range))
        continue
      }
      let value = sign.map { String(bytes: bytes[($0 + 1)...]) }
      if shape == .switching {
        set(name, value, flag)
      } else if let value {
        let isPlain = flag.range.offsets.count == bytes.count
        let start = bytes.count - value.utf8.count
        let range = isPlain ? flag.range.slice(start, length: value.utf8.count) : flag.range
        values[name, default: []].append(Word(value, range: range))
      } else {
        diagnostics.append(
          .error("missing a value on flag: --\(name)", at: flag.range, help: ["write --\(name)=VALUE"]))
      }
    }
  }

  /// The value of a flag that is given at most once.
  func text(_ name: String) -> Word? { values[name]?.first }
  /// The values of a flag that may be repeated.
  func list(_ name: String) -> [Word] { values[name] ?? [] }
  /// The state of a switch; nil when it was not given.
  func isOn(_ name: String) -> Bool? { switches[name] }

  private mutating func set(_ name: String, _ value: String?, _ flag: Word) {
    switch value?.asciiLowercased {
    case nil, "true": switches[name] = true
    case "false": switches[name] = false
    case let value?:
      diagnostics.append(.error("expecting boolean value for flag --\(name), not: \(value)", at: flag.range))
    }
  }

  private static func unknown(_ name: String, _ flag: Word, _ keyword: Keyword, _ known: [String: FlagShape])
    -> Diagnostic
  {
    let guess = didYouMean(name, among: known.keys.sorted()).map { " (did you mean --\($0)?)" } ?? ""
    let list = known.keys.sorted().map { "--\($0)" }.joined(separator: " ")
    return .error(
      "unknown flag: --\(name)\(guess)", at: flag.range,
      why: [known.isEmpty ? "\(keyword.rawValue) has no flags" : "\(keyword.rawValue) knows \(list)"],
      help: known.isEmpty ? ["put -- before arguments that start with --"] : [])
  }
}
