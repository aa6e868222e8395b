import TestSupport
/// Builds archives byte by byte, hostile ones too, without the code under test.
struct TestTar {
  enum Style {
    case v7, ustar, gnu
  }

  private(set) var bytes: [UInt8] = []

  /// One header and its content.
  mutating func add(
    _ name: some Sequence<UInt8>, type: Character = "0", link: some Sequence<UInt8> = [], content: [UInt8] = [],
    style: Style = .ustar, edit: (inout [UInt8]) -> Void = { _ in }
  ) {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: some Sequence<UInt8>, _ start: Int, _ room: Int) {
      for (index, byte) in text.prefix(room).enumerated() { header[start + index] = byte }
    }
    put(name, 0, 100)
    put("0000644\0".utf8, 100, 8)
    put("0001750\0".utf8, 108, 8)
    put("0000144\0".utf8, 116, 8)
    put(Self.octal(content.count, 11).utf8, 124, 12)
    put("00000000000\0".utf8, 136, 12)
    header[156] = type.asciiValue ?? 0
    put(link, 157, 100)
    switch style {
    case .v7: break
    case .ustar: put("ustar\u{0}00".utf8, 257, 8)
    case .gnu: put("ustar  \0".utf8, 257, 8)
    }
    edit(&header)
    Self.sign(&header)
    bytes += header + content
    while bytes.count % 512 != 0 { bytes.append(0) }
  }

  /// A pax header with these records before the next entry.
  mutating func addPax(_ records: [(String, [UInt8])], type: Character = "x") {
    var data: [UInt8] = []
    for (key, value) in records {
      var length = key.utf8.count + value.count + 3
      while String(length).utf8.count + key.utf8.count + value.count + 3 > length { length += 1 }
      data += Array("\(length) \(key)=".utf8) + value + Array("\n".utf8)
    }
    add("PaxHeaders/x".utf8, type: type, content: data)
  }

  /// The archive with its closing blocks.
  func finished() -> [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }

  static func octal(_ value: Int, _ digits: Int) -> String {
    let text = String(value, radix: 8)
    return String(repeating: "0", count: digits - text.count) + text + "\0"
  }

  /// Stores the checksum; a header edited to hold one of its own keeps that.
  static func sign(_ header: inout [UInt8]) {
    if header[148..<156].contains(where: { $0 != 0 }) { return }
    for index in 148..<156 { header[index] = 32 }
    let sum = header.reduce(0) { $0 + Int($1) }
    for (index, byte) in octal(sum, 6).utf8.enumerated() { header[148 + index] = byte }
    header[155] = 32
  }
}

extension SeededGenerator {
  /// Bytes that compress to about half.
  mutating func bytes(_ count: Int) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(count + 8)
    while result.count < count {
      let word = next()
      if word & 1 == 0, result.count > 64 {
        let start = result.count - 64 + Int(word >> 8 & 31)
        result.append(contentsOf: Array(result[start..<(start + 16)]))
      } else {
        withUnsafeBytes(of: word) { result.append(contentsOf: $0) }
      }
    }
    return Array(result.prefix(count))
  }
}
