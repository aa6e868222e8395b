/// The signals that STOPSIGNAL may name.
package enum StopSignal {
  /// Names without `SIG`, as Linux has them on every architecture imgset builds for.
  static let names: Set<String> = [
    "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL", "PIPE", "POLL",
    "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP", "TTIN", "TTOU", "URG", "USR1",
    "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ", "RTMIN", "RTMAX",
  ]

  /// Whether an expanded word is a signal: a number from 1 to 64, or a name with or without `SIG` in any case, also
  /// `RTMIN+n` (n to 15) and `RTMAX-n` (n to 14).
  package static func isValid(_ text: String) -> Bool {
    if let number = Int(text) { return (1...64).contains(number) && text.utf8.allSatisfy(\.isDigit) }
    var name = text.asciiUppercased
    if name.hasPrefix("SIG") { name = String(bytes: name.utf8.dropFirst(3)) }
    if names.contains(name) { return true }
    for (start, limit) in [("RTMIN+", 15), ("RTMAX-", 14)] where name.hasPrefix(start) {
      let digits = Array(name.utf8.dropFirst(start.utf8.count))
      guard digits.allSatisfy(\.isDigit), let number = Int(String(bytes: digits)) else { return false }
      return (1...limit).contains(number)
    }
    return false
  }
}
