import struct Crypto.SHA256
import struct Crypto.SHA512
import OCI

/// A digest in the making, in the algorithm of the digest it is to be compared with.
struct RunningDigest: Sendable {
  private enum Hash {
    case sha256(SHA256)
    case sha512(SHA512)
  }

  private var hash: Hash

  init(_ algorithm: Digest.Algorithm) {
    switch algorithm {
    case .sha256: hash = .sha256(SHA256())
    case .sha512: hash = .sha512(SHA512())
    }
  }

  mutating func update(_ bytes: some ContiguousBytesView) {
    bytes.withUnsafeBytes { bytes in
      switch hash {
      case .sha256(var sum):
        // Without this the sum would be copied for each piece.
        hash = .sha256(SHA256())
        sum.update(bufferPointer: bytes)
        hash = .sha256(sum)
      case .sha512(var sum):
        hash = .sha512(SHA512())
        sum.update(bufferPointer: bytes)
        hash = .sha512(sum)
      }
    }
  }

  /// The digest of everything so far.
  var digest: Digest {
    switch hash {
    case .sha256(let sum): return Digest(sha256: sum.finalize())
    case .sha512(let sum):
      let text = sum.finalize().map { byte in
        let digits = String(byte, radix: 16)
        return byte < 16 ? "0" + digits : digits
      }.joined()
      guard let digest = Digest("sha512:" + text) else { preconditionFailure("a SHA-512 hash has 64 bytes") }
      return digest
    }
  }

  /// The digest of `bytes`.
  static func digest(of bytes: [UInt8], _ algorithm: Digest.Algorithm) -> Digest {
    var running = RunningDigest(algorithm)
    running.update(bytes)
    return running.digest
  }
}

/// What bytes are hashed from: arrays and their slices.
protocol ContiguousBytesView {
  func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R
}

extension Array: ContiguousBytesView where Element == UInt8 {}
extension ArraySlice: ContiguousBytesView where Element == UInt8 {}

/// A running digest that can go back a little: a transfer that is resumed begins somewhere before where it stopped.
struct DigestTrail: Sendable {
  /// Bytes between two places to go back to.
  private static let stride: Int64 = 8 << 20

  private var running: RunningDigest
  private(set) var position: Int64 = 0
  private var marks: [(position: Int64, digest: RunningDigest)]

  init(_ algorithm: Digest.Algorithm) {
    running = RunningDigest(algorithm)
    marks = [(0, running)]
  }

  mutating func update(_ bytes: ArraySlice<UInt8>) {
    running.update(bytes)
    position += Int64(bytes.count)
    if position - (marks.last?.position ?? 0) >= Self.stride { marks.append((position, running)) }
  }

  /// Goes back to the last place known at or before `offset`, and tells where that is.
  mutating func rewind(to offset: Int64) -> Int64 {
    while marks.count > 1, let last = marks.last, last.position > offset { marks.removeLast() }
    if let last = marks.last { (position, running) = (last.position, last.digest) }
    return position
  }

  var digest: Digest { running.digest }
}
