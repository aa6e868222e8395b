/// Short file names for long names such as URLs and absolute paths.
enum PathKey {
  /// The readable end of `name` and a hash (FNV-1a, 64 bits) of all of it; the same on every machine.
  static func name(for name: [UInt8]) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in name { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let digits = String(hash, radix: 16)
    let last = name.split(separator: UInt8(ascii: "/")).last ?? []
    let readable = last.prefix(40).map { byte -> Character in
      let scalar = Character(Unicode.Scalar(byte))
      return byte < 0x80 && (scalar.isLetter || scalar.isNumber || scalar == "-") ? scalar : "_"
    }
    return String(readable) + "-" + String(repeating: "0", count: 16 - digits.count) + digits
  }
}
