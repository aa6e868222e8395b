import Glibc

/// The wait a server asks for in `Retry-After`.
///
/// Implements [RFC 9110, "Retry-After"](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3).
enum RetryAfter {
  /// Seconds, or an HTTP date compared with `now` (seconds since 1970); nil when the value is neither.
  static func parse(_ value: String, now: Int64) -> Duration? {
    if let seconds = UInt32(value) { return .seconds(Int64(seconds)) }
    return date(value).map { .seconds(max(0, $0 - now)) }
  }

  /// Seconds since 1970.
  static func now() -> Int64 { Int64(time(nil)) }

  /// The preferred form of [HTTP dates](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7),
  /// `Sun, 06 Nov 1994 08:49:37 GMT`, in seconds since 1970.
  static func date(_ value: String) -> Int64? {
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let fields = value.split(separator: " ")
    guard fields.count == 6, fields[5] == "GMT", let day = Int32(fields[1]),
      let month = months.firstIndex(of: String(fields[2])), let year = Int32(fields[3]), (1970...9999).contains(year)
    else { return nil }
    let clock = fields[4].split(separator: ":").compactMap { Int32($0) }
    guard clock.count == 3 else { return nil }
    var parts = tm()
    (parts.tm_mday, parts.tm_mon, parts.tm_year) = (day, Int32(month), year - 1900)
    (parts.tm_hour, parts.tm_min, parts.tm_sec) = (clock[0], clock[1], clock[2])
    return Int64(timegm(&parts))
  }
}
