import OCI

/// The parts of history lines in the form in which `docker build` writes them, so that tools that read one read both.
///
/// Docker prints values of its own language: a list of quoted texts has no commas, a set of ports is a map.
enum HistoryText {
  /// `["/bin/sh" "-c" "echo"]`.
  static func quoted(_ words: [String]?) -> String {
    "[" + (words ?? []).map(quoted).joined(separator: " ") + "]"
  }

  /// `[/data /logs]`.
  static func plain(_ words: [String]) -> String { "[" + words.joined(separator: " ") + "]" }

  /// `map[53/udp:{} 80/tcp:{}]`.
  static func set(_ names: [String]) -> String {
    "map[" + Set(names).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { $0 + ":{}" }.joined(separator: " ")
      + "]"
  }

  /// `&{["CMD-SHELL" "true"] "30s" "0s" "0s" "0s" '\x03'}`: test, interval, timeout, both starts, retries as a character.
  static func check(_ check: ImageConfig.Healthcheck) -> String {
    let times = [check.interval, check.timeout, check.startPeriod, check.startInterval]
    let shown = times.map { "\"\(duration($0 ?? 0))\"" }.joined(separator: " ")
    return "&{\(quoted(check.test)) \(shown) \(character(check.retries ?? 0))}"
  }

  /// Between double quotes, with escapes for what cannot be seen.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      result += scalar == "\"" ? "\\\"" : escaped(scalar)
    }
    return result + "\""
  }

  private static func character(_ number: Int) -> String {
    guard let value = UInt32(exactly: number), let scalar = Unicode.Scalar(value) else { return "'\u{FFFD}'" }
    return "'" + (scalar == "'" ? "\\'" : escaped(scalar)) + "'"
  }

  private static func escaped(_ scalar: Unicode.Scalar) -> String {
    let named: [Unicode.Scalar: String] = [
      "\u{07}": "\\a", "\u{08}": "\\b", "\u{0C}": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\u{0B}": "\\v",
      "\\": "\\\\",
    ]
    if let name = named[scalar] { return name }
    guard scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) else { return String(scalar) }
    let digits = String(scalar.value, radix: 16)
    return scalar.value < 0x80
      ? "\\x" + String(repeating: "0", count: 2 - digits.utf8.count) + digits
      : "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
  }

  /// Nanoseconds as `1h2m3.5s`, below a second as `500ms`.
  static func duration(_ nanoseconds: Int64) -> String {
    func fraction(_ value: Int64, of unit: Int64, _ name: String) -> String {
      var digits = String(value % unit + unit).dropFirst()
      while digits.last == "0" { digits.removeLast() }
      return "\(value / unit)" + (digits.isEmpty ? "" : "." + digits) + name
    }
    switch nanoseconds {
    case 0: return "0s"
    case ..<1000: return "\(nanoseconds)ns"
    case ..<1_000_000: return fraction(nanoseconds, of: 1000, "µs")
    case ..<1_000_000_000: return fraction(nanoseconds, of: 1_000_000, "ms")
    default:
      let minutes = nanoseconds / 60_000_000_000
      let seconds = fraction(nanoseconds % 60_000_000_000, of: 1_000_000_000, "s")
      if minutes == 0 { return seconds }
      return (minutes < 60 ? "" : "\(minutes / 60)h") + "\(minutes % 60)m" + seconds
    }
  }
}
