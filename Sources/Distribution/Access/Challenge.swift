/// One way of proving who asks, as a registry offers it in `WWW-Authenticate`.
///
/// Implements [RFC 9110, "Authentication"](https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1) as registries use it.
struct Challenge: Hashable, Sendable {
  /// Lower-case: `basic`, `bearer`.
  let scheme: String
  /// Parameters with lower-case names; quotes removed.
  let parameters: [String: String]

  /// All challenges of one or several header fields; malformed rests are dropped.
  static func parse(_ fields: [String]) -> [Challenge] {
    fields.flatMap { field -> [Challenge] in
      guard field.utf8.count <= 16 << 10 else { return [] }
      var parser = ChallengeParser(bytes: Array(field.utf8))
      return parser.challenges()
    }
  }
}

/// A cursor over the bytes of one header field.
private struct ChallengeParser {
  let bytes: [UInt8]
  var position = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func challenges() -> [Challenge] {
    var result: [Challenge] = []
    while true {
      skip { $0 == UInt8(ascii: ",") || Self.isSpace($0) }
      guard let scheme = token() else { return result }
      skip(while: Self.isSpace)
      result.append(Challenge(scheme: scheme.lowercased(), parameters: parameters()))
    }
  }

  private mutating func parameters() -> [String: String] {
    var result: [String: String] = [:]
    while true {
      let start = position
      skip { $0 == UInt8(ascii: ",") || Self.isSpace($0) }
      guard let name = token() else {
        position = start
        return result
      }
      skip(while: Self.isSpace)
      guard position < bytes.count, bytes[position] == UInt8(ascii: "=") else {
        position = start
        return result
      }
      position += 1
      skip(while: Self.isSpace)
      guard let value = quoted() ?? token() else { return result }
      result[name.lowercased()] = value
    }
  }

  private mutating func token() -> String? {
    let start = position
    skip(while: Self.isTokenByte)
    return position == start ? nil : String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func quoted() -> String? {
    guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { return nil }
    var text: [UInt8] = []
    var next = position + 1
    while next < bytes.count, bytes[next] != UInt8(ascii: "\"") {
      if bytes[next] == UInt8(ascii: "\\"), next + 1 < bytes.count { next += 1 }
      text.append(bytes[next])
      next += 1
    }
    guard next < bytes.count else { return nil }
    position = next + 1
    return String(decoding: text, as: UTF8.self)
  }

  private mutating func skip(while condition: (UInt8) -> Bool) {
    while position < bytes.count, condition(bytes[position]) { position += 1 }
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  private static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "!#$%&'*+-.^_`|~/:".utf8.contains(byte)
    }
  }
}
