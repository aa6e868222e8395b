/// Colours of a terminal, or none; a symbol always says the same as its colour.
struct Style: Sendable {
  enum Tone: String, Sendable {
    case good = "32"
    case bad = "31"
    case active = "36"
    case faint = "2"
    case strong = "1"
  }

  let isColored: Bool

  func callAsFunction(_ tone: Tone?, _ text: String) -> String {
    guard isColored, let tone, !text.isEmpty else { return text }
    return "\u{1B}[\(tone.rawValue)m\(text)\u{1B}[0m"
  }
}
