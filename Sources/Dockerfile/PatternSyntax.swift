/// Reading of ignore patterns: classes and escapes as Go's `filepath.Match` defines them, plus `**`.
enum PatternSyntax {
  /// The tokens of a pattern; nil when a class or escape is not well formed.
  static func tokens(_ text: [UInt8]) -> [IgnorePattern.Token]? {
    let characters = PathCharacters.decode(text)
    var tokens: [IgnorePattern.Token] = []
    var index = 0
    while index < characters.count {
      let character = characters[index]
      index += 1
      switch character {
      case 0x5C:  // backslash
        guard index < characters.count else { return nil }
        tokens.append(.character(characters[index]))
        index += 1
      case 0x5B:  // [
        guard let token = characterClass(characters, &index) else { return nil }
        tokens.append(token)
      case 0x3F:  // ?
        tokens.append(.anyCharacter)
      case 0x2A where index < characters.count && characters[index] == 0x2A:  // **
        index += 1
        if index < characters.count, characters[index] == 0x2F { index += 1 }
        tokens.append(index == characters.count ? .rest : .directories)
      case 0x2A:
        tokens.append(.star)
      default:
        tokens.append(.character(character))
      }
    }
    return tokens
  }

  /// Reads from behind `[` to behind `]`; at least one member, `-` and `]` only behind a backslash.
  private static func characterClass(_ text: [UInt32], _ index: inout Int) -> IgnorePattern.Token? {
    var ranges: [ClosedRange<UInt32>] = []
    let isNegated = index < text.count && text[index] == 0x5E
    if isNegated { index += 1 }
    while true {
      if index < text.count, text[index] == 0x5D, !ranges.isEmpty {
        index += 1
        return .oneOf(ranges, isNegated: isNegated)
      }
      guard let low = member(text, &index) else { return nil }
      var high = low
      if text[index] == 0x2D {
        index += 1
        guard let end = member(text, &index) else { return nil }
        high = end
      }
      guard low <= high else { return nil }
      ranges.append(low...high)
    }
  }

  /// One character of a class; something must follow it.
  private static func member(_ text: [UInt32], _ index: inout Int) -> UInt32? {
    guard index < text.count, text[index] != 0x2D, text[index] != 0x5D else { return nil }
    if text[index] == 0x5C { index += 1 }
    guard index + 1 < text.count else { return nil }
    index += 1
    return text[index - 1]
  }
}

/// Paths as characters, for patterns in which one sign stands for one character.
enum PathCharacters {
  /// Bytes that are no UTF-8 become values above all characters, so that every path has one form and none is lost.
  private static let invalidBase: UInt32 = 0x11_0000

  /// The scalar values of the text.
  static func decode(_ bytes: some Sequence<UInt8>) -> [UInt32] {
    var result: [UInt32] = []
    var pending: [UInt8] = []
    for byte in bytes {
      if byte < 0x80 {
        flush(&pending, into: &result)
        result.append(UInt32(byte))
      } else {
        pending.append(byte)
      }
    }
    flush(&pending, into: &result)
    return result
  }

  /// Decodes a run without ASCII.
  private static func flush(_ bytes: inout [UInt8], into result: inout [UInt32]) {
    guard !bytes.isEmpty else { return }
    var parser = Unicode.UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    var offset = 0
    reading: while true {
      switch parser.parseScalar(from: &iterator) {
      case .valid(let encoded):
        result.append(Unicode.UTF8.decode(encoded).value)
        offset += encoded.count
      case .error(let length):
        result += bytes[offset..<offset + length].map { invalidBase + UInt32($0) }
        offset += length
      case .emptyInput:
        break reading
      }
    }
    bytes = []
  }

  /// The bytes that decode to these values.
  static func encode(_ characters: some Sequence<UInt32>) -> [UInt8] {
    characters.flatMap { value -> [UInt8] in
      if let scalar = Unicode.Scalar(value) { return Array(String(scalar).utf8) }
      return [UInt8(truncatingIfNeeded: value)]
    }
  }
}
