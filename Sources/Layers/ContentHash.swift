import struct Crypto.SHA256
import OCI

/// The SHA-256 of content that comes in pieces.
struct ContentHash {
  private var hash = SHA256()

  mutating func update(_ bytes: UnsafeRawBufferPointer) { hash.update(bufferPointer: bytes) }

  var digest: Digest { Digest(sha256: hash.finalize()) }
}
