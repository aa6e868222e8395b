import struct Linux.ExtendedAttribute

/// The keyword records of a pax extended header: `LENGTH KEY=VALUE\n`, where LENGTH counts the whole record.
///
/// See [POSIX pax, "pax Extended Header"](https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_03).
struct PaxRecords {
  /// The last value given to each keyword; empty values stay, as they cancel what a global header said.
  private(set) var values: [[UInt8]: [UInt8]] = [:]

  static let path = Array("path".utf8)
  static let linkPath = Array("linkpath".utf8)
  static let size = Array("size".utf8)
  static let uid = Array("uid".utf8)
  static let gid = Array("gid".utf8)
  static let mtime = Array("mtime".utf8)
  /// Before the name of an extended attribute; what follows `=` is its value as it is.
  static let attributePrefix = Array("SCHILY.xattr.".utf8)
  /// Before everything about sparse files in GNU tar's pax archives.
  static let sparsePrefix = Array("GNU.sparse.".utf8)

  /// Adds the records of one header.
  ///
  /// - Returns: false when a record is damaged.
  mutating func parse(_ data: [UInt8]) -> Bool {
    var rest = data[...]
    while let first = rest.first {
      // Some writers pad with NULs.
      if first == 0 { return rest.allSatisfy { $0 == 0 } }
      guard let space = rest.prefix(20).firstIndex(of: UInt8(ascii: " ")),
        let length = Self.decimal(rest[..<space]), length > space - rest.startIndex + 2, length <= rest.count
      else { return false }
      let end = rest.startIndex + length
      let record = rest[(space + 1)..<(end - 1)]
      guard rest[end - 1] == UInt8(ascii: "\n"), let equals = record.firstIndex(of: UInt8(ascii: "=")),
        equals > record.startIndex
      else { return false }
      values[Array(record[..<equals])] = Array(record[(equals + 1)...])
      rest = rest[end...]
    }
    return true
  }

  /// These records with those of `other` taking precedence.
  func merging(_ other: PaxRecords) -> PaxRecords {
    var merged = self
    merged.values.merge(other.values) { _, new in new }
    return merged
  }

  /// The value of a keyword; nil when there is none or it is cancelled by an empty one.
  subscript(key: [UInt8]) -> [UInt8]? {
    guard let value = values[key], !value.isEmpty else { return nil }
    return value
  }

  /// The extended attributes, sorted by name.
  var attributes: [ExtendedAttribute] {
    values.compactMap { key, value in
      guard key.count > Self.attributePrefix.count, key.starts(with: Self.attributePrefix) else { return nil }
      return ExtendedAttribute(name: Array(key.dropFirst(Self.attributePrefix.count)), value: value)
    }.sorted { $0.name.lexicographicallyPrecedes($1.name) }
  }

  var isSparse: Bool { values.keys.contains { $0.starts(with: Self.sparsePrefix) } }

  /// One record as it stands in a header.
  static func record(_ key: [UInt8], _ value: [UInt8]) -> [UInt8] {
    let body = key.count + value.count + 3  // the blank, "=" and the line feed
    var length = body + 1
    // The length counts its own digits.
    while String(length).utf8.count + body != length { length = String(length).utf8.count + body }
    return Array("\(length) ".utf8) + key + [UInt8(ascii: "=")] + value + [UInt8(ascii: "\n")]
  }

  /// Plain decimal digits; nil for anything else or what does not fit.
  static func decimal(_ digits: some Collection<UInt8>) -> Int? {
    if digits.isEmpty || digits.count > 18 { return nil }
    var value = 0
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      value = value * 10 + Int(digit - UInt8(ascii: "0"))
    }
    return value
  }
}

extension Timestamp {
  /// Parses pax's decimal seconds with an optional fraction and sign; digits behind the ninth are dropped.
  init?(pax text: [UInt8]) {
    let isNegative = text.first == UInt8(ascii: "-")
    let parts = text.dropFirst(isNegative ? 1 : 0).split(
      separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
    guard let whole = parts.first.flatMap({ PaxRecords.decimal($0) }) else { return nil }
    var nanoseconds = 0
    if parts.count == 2 {
      let digits = parts[1].prefix(9)
      guard parts[1].allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
      nanoseconds = PaxRecords.decimal(digits) ?? 0
      for _ in digits.count..<9 { nanoseconds *= 10 }
    }
    if isNegative {
      // -1.25 s is 750 million nanoseconds after -2 s.
      seconds = nanoseconds == 0 ? -Int64(whole) : -Int64(whole) - 1
      self.nanoseconds = UInt32(nanoseconds == 0 ? 0 : 1_000_000_000 - nanoseconds)
    } else {
      seconds = Int64(whole)
      self.nanoseconds = UInt32(nanoseconds)
    }
  }

  /// Decimal seconds as pax wants them, without needless zeros.
  var pax: [UInt8] {
    if nanoseconds == 0 { return Array(String(seconds).utf8) }
    let isNegative = seconds < 0
    let whole = isNegative ? -(seconds + 1) : seconds
    let fraction = String(isNegative ? 1_000_000_000 - nanoseconds : nanoseconds)
    var digits = Array(repeating: UInt8(ascii: "0"), count: 9 - fraction.utf8.count) + fraction.utf8
    while digits.last == UInt8(ascii: "0") { digits.removeLast() }
    return Array("\(isNegative ? "-" : "")\(whole).".utf8) + digits
  }
}
