import Dockerfile

/// The notation of the parser's reference results.
enum SyntaxDump {
  static func dump(_ tree: SyntaxTree) -> String { tree.instructions.map(line).joined(separator: "\n") }

  static func line(_ syntax: InstructionSyntax) -> String {
    var parts = [syntax.keyword.rawValue.lowercased()]
    if !syntax.flags.isEmpty { parts.append("[" + syntax.flags.map { quoted($0.text) }.joined(separator: " ") + "]") }
    parts += arguments(syntax.arguments)
    return "(" + parts.joined(separator: " ") + ")"
  }

  private static func arguments(_ arguments: InstructionSyntax.Arguments) -> [String] {
    switch arguments {
    case .text(let word): word.text.isEmpty ? [] : [quoted(word.text)]
    case .json(let words), .words(let words): words.map { quoted($0.text) }
    case .pairs(let pairs, let isOldForm):
      pairs.flatMap { [quoted($0.name.text), quoted($0.value.text), quoted(isOldForm ? "" : "=")] }
    case .check(let type, let command): [quoted(type.text)] + self.arguments(command)
    case .trigger(let syntax): [line(syntax)]
    }
  }

  /// A string literal as Go writes it.
  static func quoted(_ text: String) -> String {
    let named: [Unicode.Scalar: String] = [
      "\"": "\\\"", "\\": "\\\\", "\u{7}": "\\a", "\u{8}": "\\b", "\u{C}": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t",
      "\u{B}": "\\v",
    ]
    let body = text.unicodeScalars.map { scalar -> String in
      if let name = named[scalar] { return name }
      if scalar.value < 0x20 || scalar.value == 0x7F {
        return "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
      }
      return String(scalar)
    }
    return "\"" + body.joined() + "\""
  }
}
