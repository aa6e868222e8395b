/// What a run of `build_binaries` depended on and what it made, kept beside the workspace: while both are the same, the
/// script need not run.
///
/// Text, one fact a line, so that a difference can be named: the key first, then the value.
struct WorkspaceRecord: Equatable {
  /// Grows with every change of the record's meaning.
  static let format = 1

  private(set) var lines: [Line] = []

  /// One fact.
  struct Line: Equatable {
    let key: String
    let value: String
  }

  /// - Parameters:
  ///   - facts: what the script is told, in a fixed order.
  ///   - inputs: the component's files, whose times do not matter.
  init(facts: [(String, String)], inputs: FileListing) {
    lines = [Line(key: "format", value: String(Self.format))]
    lines += facts.map { Line(key: $0.0, value: Self.escaped(Array($0.1.utf8))) }
    add(inputs, as: "input", withTimes: false)
  }

  /// The record with what the script made, with times: a file that somebody touched is suspect.
  func adding(outputs: FileListing) -> WorkspaceRecord {
    var record = self
    record.add(outputs, as: "output", withTimes: true)
    return record
  }

  /// Reads a record; nil for anything that is not one.
  init?(parsing bytes: [UInt8]) {
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      guard let space = line.firstIndex(of: UInt8(ascii: "\t")) else { return nil }
      lines.append(
        Line(
          key: String(decoding: line[..<space], as: UTF8.self),
          value: String(decoding: line[(space + 1)...], as: UTF8.self)))
    }
    guard lines.first == Line(key: "format", value: String(Self.format)) else { return nil }
  }

  var bytes: [UInt8] { lines.flatMap { Array("\($0.key)\t\($0.value)\n".utf8) } }

  /// The first thing that is different now, as a phrase; nil when nothing is.
  func change(since old: WorkspaceRecord) -> String? {
    if self == old { return nil }
    let before = Dictionary(old.lines.map { ($0.key, $0.value) }) { $1 }
    let now = Set(lines.map(\.key))
    for line in lines where before[line.key] != line.value {
      return Self.name(of: line.key) + (before[line.key] == nil ? " is new" : " changed")
    }
    return old.lines.first { !now.contains($0.key) }.map { Self.name(of: $0.key) + " is gone" }
  }

  /// `input:src/a.c` → `src/a.c`, `output:bin/tool` → `bin/tool`; other keys are their own name.
  private static func name(of key: String) -> String {
    for prefix in ["input:", "output:"] where key.hasPrefix(prefix) { return String(key.dropFirst(prefix.utf8.count)) }
    return key
  }

  private mutating func add(_ listing: FileListing, as kind: String, withTimes: Bool) {
    for file in listing.files {
      var value = String(file.permissions, radix: 8)
      switch file.content {
      case .directory: value += " directory"
      case .file(let size, let digest): value += " \(size) \(digest)"
      case .link(let target): value = "link " + Self.escaped(target)
      case .special: value += " special"
      }
      if withTimes, file.content != .directory { value += " \(file.modified.seconds).\(file.modified.nanoseconds)" }
      lines.append(Line(key: kind + ":" + Self.escaped(file.path), value: value))
    }
  }

  /// Printable ASCII without `%`; every other byte as `%XX`, so that any path fits in a line.
  private static func escaped(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var text: [UInt8] = []
    for byte in bytes {
      if (0x21..<0x7F).contains(byte), byte != UInt8(ascii: "%") {
        text.append(byte)
      } else {
        text += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
