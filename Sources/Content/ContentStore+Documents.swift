import struct Crypto.SHA256
import OCI
import SystemPackage

extension ContentStore {
  /// Reads a whole small blob and verifies it.
  ///
  /// - Throws: `ContentError.missing`, `.tooLarge` or `.digestMismatch`; `Errno`.
  package func read(_ digest: Digest, limit: Int = 8 << 20) throws -> [UInt8] {
    let file = try open(digest)
    let bytes = try file.closeAfter { try file.readWhole(limit: limit) }
    let actual = Digest(sha256: SHA256.hash(data: bytes))
    guard actual == digest else { throw ContentError.digestMismatch(expected: digest, actual: actual) }
    return bytes
  }

  /// The manifest that a descriptor points to.
  ///
  /// - Throws: as `read`; `ContentError.malformed` when it is no manifest.
  package func manifest(_ descriptor: Descriptor) throws -> Manifest { try decode(Manifest.self, descriptor) }

  /// The index that a descriptor points to.
  ///
  /// - Throws: as `read`; `ContentError.malformed` when it is no index.
  package func index(_ descriptor: Descriptor) throws -> Index { try decode(Index.self, descriptor) }

  /// The image config that a descriptor points to.
  ///
  /// - Throws: as `read`; `ContentError.malformed` when it is no config.
  package func config(_ descriptor: Descriptor) throws -> ImageConfig { try decode(ImageConfig.self, descriptor) }

  /// Stores bytes as a blob.
  ///
  /// - Throws: `Errno`.
  package func write(_ bytes: [UInt8], mediaType: MediaType) throws -> Descriptor {
    let digest = Digest(sha256: SHA256.hash(data: bytes))
    let descriptor = Descriptor(mediaType: mediaType, digest: digest, size: Int64(bytes.count))
    if contains(descriptor) { return descriptor }
    let ingest = try ingest(hashing: false)
    try ingest.write(bytes)
    try ingest.commit(expecting: descriptor, knownDigest: digest)
    return descriptor
  }

  /// Encodes a document canonically and stores it.
  ///
  /// - Throws: `EncodingError`, `Errno`.
  package func write(_ document: some Encodable, mediaType: MediaType) throws -> Descriptor {
    try write(CanonicalJSON.encode(document), mediaType: mediaType)
  }

  private func decode<T: Decodable>(_ type: T.Type, _ descriptor: Descriptor) throws -> T {
    let bytes = try read(descriptor.digest)
    do {
      return try CanonicalJSON.decode(type, from: bytes)
    } catch {
      throw ContentError.malformed(descriptor.digest, why: "not a \(type): \(error)")
    }
  }
}
