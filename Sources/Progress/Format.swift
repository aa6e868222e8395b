import OCI

/// Numbers and columns as people read them.
package enum Format {
  /// Decimal units, three significant digits: `512 B`, `91.3 MB`, `178 MB`.
  package static func bytes(_ count: Int64) -> String {
    if count > -1000, count < 1000 { return "\(count) B" }
    var value = Double(count)
    for unit in ["kB", "MB", "GB", "TB", "PB"] {
      value /= 1000
      // 999.5 would round up to four digits.
      if abs(value) < 999.5 || unit == "PB" { return "\(decimal(value, digits: abs(value) < 99.95 ? 1 : 0)) \(unit)" }
    }
    return "\(count) B"
  }

  /// A difference of sizes with its sign: `+0.4 MB`; `·` for none.
  package static func change(_ count: Int64) -> String {
    count == 0 ? "·" : (count > 0 ? "+" : "") + bytes(count)
  }

  /// `0.4s`, `58.2s`, `1m12s`, `2h05m`.
  package static func duration(_ duration: Duration) -> String {
    let (seconds, fraction) = duration.components
    let tenths = max(0, seconds * 10 + (fraction + 50_000_000_000_000_000) / 100_000_000_000_000_000)
    if tenths < 600 { return "\(tenths / 10).\(tenths % 10)s" }
    let whole = (tenths + 5) / 10
    if whole < 3600 { return "\(whole / 60)m\(twoDigits(whole % 60))s" }
    return "\(whole / 3600)h\(twoDigits(whole / 60 % 60))m"
  }

  /// As in a clock that runs: `0:47`, `12:05`, `1:02:03`.
  static func clock(_ duration: Duration) -> String {
    let seconds = max(0, duration.components.seconds)
    let minutes = "\(seconds / 60 % 60)"
    if seconds < 3600 { return "\(minutes):\(twoDigits(seconds % 60))" }
    return "\(seconds / 3600):\(twoDigits(seconds / 60 % 60)):\(twoDigits(seconds % 60))"
  }

  /// `sha256:77aab0c1d2e3`, enough to tell digests of a run apart.
  package static func digest(_ digest: Digest) -> String { "\(digest.algorithm.rawValue):\(digest.short)" }

  /// `1 image`, `2 images`.
  package static func counted(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

  private static func decimal(_ value: Double, digits: Int) -> String {
    if digits == 0 { return String(Int64(value.rounded())) }
    let tenths = Int64((value * 10).rounded())
    return "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
  }

  private static func twoDigits(_ number: Int64) -> String { (number < 10 ? "0" : "") + String(number) }
}
