/// A JSON value, as far as the exec form and frontend headers need it.
enum JSONValue: Equatable {
  /// A string with the span of its literal, quotes included.
  case string(String, Range<Int>)
  case array([JSONValue])
  case object([(key: String, value: JSONValue)])
  /// A number, `true`, `false` or `null`.
  case other

  static func == (left: JSONValue, right: JSONValue) -> Bool {
    switch (left, right) {
    case (.string(let a, _), .string(let b, _)): a == b
    case (.array(let a), .array(let b)): a == b
    case (.object(let a), .object(let b)): a.count == b.count && zip(a, b).allSatisfy { $0.0 == $1.0 && $0.1 == $1.1 }
    case (.other, .other): true
    default: false
    }
  }
}

/// A strict reader of one JSON text (RFC 8259) with bounded depth; standard library only, because this target has no
/// other import and because the exec form needs the place of each string.
struct JSONText {
  private let bytes: [UInt8]
  private var index: Int
  private let end: Int

  /// Reads the JSON text in `span`, which must be all of it but for white space around; nil when it is not JSON.
  static func parse(_ bytes: [UInt8], in span: Range<Int>) -> JSONValue? {
    var reader = JSONText(bytes: bytes, span: span)
    guard let value = reader.value(depth: 0) else { return nil }
    reader.skipSpace()
    return reader.index == reader.end ? value : nil
  }

  private init(bytes: [UInt8], span: Range<Int>) {
    self.bytes = bytes
    index = span.lowerBound
    end = span.upperBound
  }

  private mutating func skipSpace() {
    while index < end, [.space, .tab, .lineFeed, .carriageReturn].contains(bytes[index]) { index += 1 }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard index < end, bytes[index] == byte else { return false }
    index += 1
    return true
  }

  private mutating func value(depth: Int) -> JSONValue? {
    skipSpace()
    guard index < end, depth <= ParserLimits.jsonDepth else { return nil }
    switch bytes[index] {
    case .doubleQuote:
      let start = index
      return string().map { .string($0, start..<index) }
    case .openBracket:
      index += 1
      return array(depth: depth)
    case .openBrace:
      index += 1
      return object(depth: depth)
    default:
      return scalar()
    }
  }

  private mutating func array(depth: Int) -> JSONValue? {
    var items: [JSONValue] = []
    skipSpace()
    if take(.closeBracket) { return .array([]) }
    while true {
      guard let item = value(depth: depth + 1) else { return nil }
      items.append(item)
      skipSpace()
      if take(.closeBracket) { return .array(items) }
      guard take(.comma) else { return nil }
    }
  }

  private mutating func object(depth: Int) -> JSONValue? {
    var members: [(key: String, value: JSONValue)] = []
    skipSpace()
    if take(.closeBrace) { return .object([]) }
    while true {
      skipSpace()
      guard index < end, bytes[index] == .doubleQuote, let key = string() else { return nil }
      skipSpace()
      guard take(.colon), let item = value(depth: depth + 1) else { return nil }
      members.append((key, item))
      skipSpace()
      if take(.closeBrace) { return .object(members) }
      guard take(.comma) else { return nil }
    }
  }

  private mutating func scalar() -> JSONValue? {
    for literal in ["true", "false", "null"] where bytes[index..<end].starts(with: literal.utf8) {
      index += literal.utf8.count
      return .other
    }
    _ = take(.dash)
    if !take(UInt8(ascii: "0")), !digits() { return nil }
    if take(.dot), !digits() { return nil }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      _ = take(UInt8(ascii: "+")) || take(.dash)
      if !digits() { return nil }
    }
    return .other
  }

  private mutating func digits() -> Bool {
    let start = index
    while index < end, bytes[index].isDigit { index += 1 }
    return index > start
  }

  private mutating func string() -> String? {
    var result: [UInt8] = []
    index += 1
    while index < end {
      let byte = bytes[index]
      index += 1
      switch byte {
      case .doubleQuote: return String(bytes: result)
      case ..<0x20: return nil
      case .backslash:
        guard index < end else { return nil }
        index += 1
        guard escaped(bytes[index - 1], into: &result) else { return nil }
      default: result.append(byte)
      }
    }
    return nil
  }

  private mutating func escaped(_ letter: UInt8, into result: inout [UInt8]) -> Bool {
    switch letter {
    case .doubleQuote, .backslash, .slash: result.append(letter)
    case UInt8(ascii: "b"): result.append(8)
    case UInt8(ascii: "f"): result.append(12)
    case UInt8(ascii: "n"): result.append(.lineFeed)
    case UInt8(ascii: "r"): result.append(.carriageReturn)
    case UInt8(ascii: "t"): result.append(.tab)
    case UInt8(ascii: "u"):
      guard let first = hexUnit() else { return false }
      result += Array(String(scalar(startingWith: first)).utf8)
    default: return false
    }
    return true
  }

  /// Joins a surrogate pair; a lone surrogate becomes the replacement character.
  private mutating func scalar(startingWith first: UInt16) -> Unicode.Scalar {
    if let scalar = Unicode.Scalar(UInt32(first)) { return scalar }
    let start = index
    if UTF16.isLeadSurrogate(first), take(.backslash), take(UInt8(ascii: "u")), let second = hexUnit(),
      UTF16.isTrailSurrogate(second),
      let scalar = Unicode.Scalar(0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00))
    {
      return scalar
    }
    index = start
    return "\u{FFFD}"
  }

  private mutating func hexUnit() -> UInt16? {
    guard index + 4 <= end, bytes[index..<index + 4].allSatisfy({ $0.isDigit || (0x61...0x66).contains($0 | 0x20) })
    else { return nil }
    defer { index += 4 }
    return UInt16(String(bytes: bytes[index..<index + 4]), radix: 16)
  }
}
