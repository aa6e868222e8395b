/// Passwords and tokens inside URLs: whoever writes them into a recipe must not find them again in a log.
///
/// A password stands between the first `:` and the `@` of a [URL's user information](https://www.rfc-editor.org/rfc/rfc3986#section-3.2.1).
/// For `http` and `https` a user without a password is taken for a token.
package enum Passwords {
  /// The text with `***` in place of every password.
  package static func hidden(in text: String) -> String {
    let bytes = Array(text.utf8)
    let ranges = ranges(in: bytes)
    if ranges.isEmpty { return text }
    var result: [UInt8] = []
    var position = 0
    for range in ranges {
      result += bytes[position..<range.lowerBound] + Array("***".utf8)
      position = range.upperBound
    }
    return String(decoding: result + bytes[position...], as: UTF8.self)
  }

  /// The bytes with an asterisk for each byte of a password, so that columns stay where they are.
  static func masked(_ bytes: [UInt8]) -> [UInt8] {
    var result = bytes
    for index in ranges(in: bytes).joined() { result[index] = UInt8(ascii: "*") }
    return result
  }

  /// Where passwords are, in order.
  private static func ranges(in bytes: [UInt8]) -> [Range<Int>] {
    let mark = Array("://".utf8)
    var ranges: [Range<Int>] = []
    var position = 0
    while let found = bytes[position...].firstRange(of: mark) {
      let start = found.upperBound
      let end = bytes[start...].firstIndex(where: endsAuthority) ?? bytes.count
      position = end
      guard let at = bytes[start..<end].lastIndex(of: UInt8(ascii: "@")) else { continue }
      if let colon = bytes[start..<at].firstIndex(of: UInt8(ascii: ":")) {
        if colon + 1 < at { ranges.append(colon + 1..<at) }
      } else if start < at, isWeb(bytes[..<found.lowerBound]) {
        ranges.append(start..<at)
      }
    }
    return ranges
  }

  private static func endsAuthority(_ byte: UInt8) -> Bool { byte <= 0x20 || "/?#\"'`<>".utf8.contains(byte) }

  /// Whether what is in front of `://` ends with the name of a scheme whose user names are tokens.
  private static func isWeb(_ prefix: ArraySlice<UInt8>) -> Bool {
    let scheme = String(decoding: prefix.suffix(5), as: UTF8.self).lowercased()
    return scheme.hasSuffix("http") || scheme.hasSuffix("https")
  }
}
