/// Numbers of users and groups.
enum UserIdentifier {
  /// The decimal number, or nil; the largest 32-bit number means "none" to the kernel and is refused, never wrapped.
  static func parse(_ text: String) -> UInt32? {
    guard !text.utf8.isEmpty, text.utf8.allSatisfy(\.isDigit), let value = UInt32(text), value != .max else {
      return nil
    }
    return value
  }
}

/// Sizes with a unit, as in `size=64m`.
package enum ByteCount {
  /// Bytes of a decimal number with an optional unit (b, k, m, g, t; also kb, kib …), each 1024 times the one before.
  package static func parse(_ text: String) -> Int64? {
    let bytes = Array(text.asciiLowercased.utf8)
    let digits = bytes.prefix(while: \.isDigit)
    guard let number = Int64(String(bytes: digits)) else { return nil }
    let powers = ["": 0, "b": 0, "k": 1, "m": 2, "g": 3, "t": 4]
    var unit = String(bytes: bytes[digits.count...].trimmed)
    if unit.utf8.count > 1 {
      for suffix in ["ib", "b"] where unit.hasSuffix(suffix) {
        unit = String(bytes: unit.utf8.dropLast(suffix.utf8.count))
        break
      }
    }
    guard let power = powers[unit] else { return nil }
    let (value, overflow) = number.multipliedReportingOverflow(by: 1 << (10 * Int64(power)))
    return overflow ? nil : value
  }
}

/// Lengths of time as Go writes them, for example `1m30s` or `1.5h`.
enum GoDuration {
  private static let units: [(name: String, nanoseconds: Int64)] = [
    ("ns", 1), ("us", 1000), ("µs", 1000), ("μs", 1000), ("ms", 1_000_000), ("s", 1_000_000_000),
    ("m", 60_000_000_000), ("h", 3_600_000_000_000),
  ]

  /// Nanoseconds; nil for anything that is no duration or does not fit into 64 bits. A fraction is cut to nanoseconds.
  static func nanoseconds(_ text: String) -> Int64? {
    var rest = Array(text.utf8)[...]
    var isNegative = false
    if let sign = rest.first, sign == .dash || sign == UInt8(ascii: "+") {
      isNegative = sign == .dash
      rest = rest.dropFirst()
    }
    if rest.elementsEqual([UInt8(ascii: "0")]) { return 0 }
    guard !rest.isEmpty else { return nil }
    var total: Int64 = 0
    while !rest.isEmpty {
      guard let part = part(&rest) else { return nil }
      let (sum, overflow) = total.addingReportingOverflow(part)
      guard !overflow else { return nil }
      total = sum
    }
    return isNegative ? -total : total
  }

  private static func part(_ rest: inout ArraySlice<UInt8>) -> Int64? {
    let whole = rest.prefix(while: \.isDigit)
    rest = rest.dropFirst(whole.count)
    var fraction: ArraySlice<UInt8> = []
    if rest.first == .dot {
      rest = rest.dropFirst()
      fraction = rest.prefix(while: \.isDigit)
      rest = rest.dropFirst(fraction.count)
    }
    guard !whole.isEmpty || !fraction.isEmpty else { return nil }
    let name = rest.prefix { !$0.isDigit && $0 != .dot }
    rest = rest.dropFirst(name.count)
    guard let unit = units.first(where: { name.elementsEqual($0.name.utf8) })?.nanoseconds else { return nil }
    guard let number = whole.isEmpty ? 0 : Int64(String(bytes: whole)) else { return nil }
    var (value, overflow) = number.multipliedReportingOverflow(by: unit)
    var scale = unit
    for digit in fraction where scale > 0 {
      scale /= 10
      let (sum, over) = value.addingReportingOverflow(Int64(digit - UInt8(ascii: "0")) * scale)
      (value, overflow) = (sum, overflow || over)
    }
    return overflow ? nil : value
  }
}
