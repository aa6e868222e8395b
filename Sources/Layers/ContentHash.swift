import struct Crypto.SHA256
import OCI

/// What is to be known of content that comes in pieces: its SHA-256, and which machine it is for when it is a program.
struct ContentHash {
  private var hash = SHA256()
  /// The beginning of what may be an ELF file; nil once it is known that it is none.
  private var start: [UInt8]? = []

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    hash.update(bufferPointer: bytes)
    guard let count = start?.count, count < ELFHeader.length else { return }
    if count == 0, let first = bytes.first, first != 0x7F {
      start = nil
    } else {
      start?.append(contentsOf: bytes.prefix(ELFHeader.length - count))
    }
  }

  var digest: Digest { Digest(sha256: hash.finalize()) }

  /// nil when the content is no ELF file.
  var binary: ELFHeader? { start.flatMap { ELFHeader($0) } }
}
