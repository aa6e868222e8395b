/// The fixed part of a tar header: the layout of POSIX.1-1988 (ustar), which every later format fills in its own way.
///
/// See [POSIX pax, "ustar Interchange Format"](https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_06)
/// and [GNU tar, "Basic Tar Format"](https://www.gnu.org/software/tar/manual/html_node/Standard.html).
enum TarHeader {
  /// Bytes of a header, and the unit that content is padded to.
  static let blockSize = 512

  static let name = 0..<100
  static let mode = 100..<108
  static let uid = 108..<116
  static let gid = 116..<124
  static let size = 124..<136
  static let mtime = 136..<148
  static let checksum = 148..<156
  static let type = 156
  static let linkName = 157..<257
  static let magic = 257..<263
  static let version = 263..<265
  static let deviceMajor = 329..<337
  static let deviceMinor = 337..<345
  static let prefix = 345..<500
  /// GNU's use of the first bytes of the prefix field, and star's shorter prefix and its mark.
  static let gnuAccessTime = 345..<357
  static let gnuChangeTime = 357..<369
  static let starPrefix = 345..<476
  static let starMark = 508..<512

  /// The kinds of entries, by the byte that stands for them.
  enum Flag {
    static let file = UInt8(ascii: "0")
    static let hardLink = UInt8(ascii: "1")
    static let symlink = UInt8(ascii: "2")
    static let character = UInt8(ascii: "3")
    static let block = UInt8(ascii: "4")
    static let directory = UInt8(ascii: "5")
    static let fifo = UInt8(ascii: "6")
    static let contiguous = UInt8(ascii: "7")
    static let extended = UInt8(ascii: "x")
    static let solarisExtended = UInt8(ascii: "X")
    static let global = UInt8(ascii: "g")
    static let gnuLongName = UInt8(ascii: "L")
    static let gnuLongLink = UInt8(ascii: "K")
    static let gnuSparse = UInt8(ascii: "S")
    static let gnuVolume = UInt8(ascii: "V")
  }

  /// Bytes that follow content of `size` bytes up to the next block.
  static func padding(after size: Int64) -> Int { Int((512 - size % 512) % 512) }

  /// The two sums that are in use over the bytes of a header: unsigned as specified, signed as old programs computed.
  static func sums(of header: UnsafeRawBufferPointer) -> (unsigned: Int64, signed: Int64) {
    var unsigned: Int64 = 0
    var signed: Int64 = 0
    for (index, byte) in header.enumerated() {
      let value = checksum.contains(index) ? UInt8(ascii: " ") : byte
      unsigned += Int64(value)
      signed += Int64(Int8(bitPattern: value))
    }
    return (unsigned, signed)
  }
}

/// Numbers of tar headers: octal digits, or base 256 with the top bit set (GNU tar, star).
enum TarNumber {
  /// Reads a field; an empty one is 0. Nil for anything that is neither form or that does not fit.
  static func parse(_ field: some Collection<UInt8>) -> Int64? {
    guard let first = field.first else { return 0 }
    if first & 0x80 != 0 { return parseBinary(field) }
    let isBlank = { (byte: UInt8) in byte == 0 || byte == UInt8(ascii: " ") }
    let digits = field.drop(while: isBlank)
    let end = digits.firstIndex(where: isBlank) ?? digits.endIndex
    guard digits[end...].allSatisfy(isBlank) else { return nil }
    var value: Int64 = 0
    for digit in digits[..<end] {
      guard (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(digit), value <= Int64.max >> 3 else { return nil }
      value = value << 3 | Int64(digit & 7)
    }
    return value
  }

  /// Two's complement, big-endian, over all bits but the first.
  private static func parseBinary(_ field: some Collection<UInt8>) -> Int64? {
    let isNegative = (field.first ?? 0) & 0x40 != 0
    var value: Int64 = isNegative ? -1 : 0
    for (index, byte) in field.enumerated() {
      let bits = index == 0 ? (isNegative ? byte | 0x80 : byte & 0x7F) : byte
      let top = value >> 55
      guard top == 0 || top == -1 else { return nil }
      value = value << 8 | Int64(bits)
      if (value < 0) != isNegative { return nil }
    }
    return value
  }

  /// Writes `value` as zero-padded octal with a closing NUL; false when it does not fit.
  static func write(_ value: Int64, to field: Range<Int>, of header: UnsafeMutableRawBufferPointer) -> Bool {
    guard value >= 0, fits(value, field) else { return false }
    var rest = value
    for index in field.dropLast().reversed() {
      header[index] = UInt8(ascii: "0") + UInt8(rest & 7)
      rest >>= 3
    }
    return true
  }

  /// Whether octal digits in `field` can hold `value`.
  static func fits(_ value: Int64, _ field: Range<Int>) -> Bool {
    value >= 0 && value >> Int64(3 * (field.count - 1)) == 0
  }
}
