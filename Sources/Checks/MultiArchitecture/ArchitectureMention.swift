import OCI

/// The name of an architecture inside a text.
struct ArchitectureMention: Hashable, Sendable {
  /// As written.
  let name: String
  /// Offsets into the text's bytes.
  let range: Range<Int>
  /// What it means.
  let platform: Platform

  /// Names that hardly ever mean anything else; `arm`, `386`, `x86` and `x64` are left out, since they often do.
  private static let names: [(text: [UInt8], platform: Platform)] = [
    "amd64", "x86_64", "x86-64", "i386", "i686", "aarch64", "arm64v8", "arm64", "armhfp", "armhf", "armel", "armv7hl",
    "armv7l", "armv7", "armv6l", "armv6", "arm32v7", "arm32v6", "ppc64le", "ppc64el", "powerpc64le", "riscv64",
    "s390x", "mips64le", "loong64", "loongarch64",
  ].map { (Array($0.utf8), Platform(architecture: $0).normalised) }

  /// Every name in a text that stands alone: no letter or digit before or behind it.
  static func all(in text: some Sequence<UInt8>) -> [ArchitectureMention] {
    let bytes = Array(text)
    var found: [ArchitectureMention] = []
    var index = 0
    while index < bytes.count {
      let isStart = index == 0 || !isAlphanumeric(bytes[index - 1])
      guard isStart, isAlphanumeric(bytes[index]), let (length, platform) = match(bytes[index...]) else {
        index += 1
        continue
      }
      let range = index..<index + length
      found.append(
        ArchitectureMention(name: String(decoding: bytes[range], as: UTF8.self), range: range, platform: platform))
      index = range.upperBound
    }
    return found
  }

  /// The longest name at the start of `bytes`, in any case.
  private static func match(_ bytes: ArraySlice<UInt8>) -> (length: Int, platform: Platform)? {
    var best: (length: Int, platform: Platform)?
    guard let first = bytes.first.map(lowered) else { return nil }
    for (text, platform) in names where text[0] == first && text.count > best?.length ?? 0 {
      guard bytes.count >= text.count, zip(bytes, text).allSatisfy({ lowered($0) == $1 }) else { continue }
      let end = bytes.startIndex + text.count
      if end == bytes.endIndex || !isAlphanumeric(bytes[end]) { best = (text.count, platform) }
    }
    return best
  }

  private static func lowered(_ byte: UInt8) -> UInt8 {
    byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
  }

  static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
  }
}
