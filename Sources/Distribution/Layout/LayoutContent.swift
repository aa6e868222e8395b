import Content
import Linux
import OCI
import SystemPackage

/// The files of an OCI image layout, whether they are in a directory or in an archive; all methods block.
///
/// Implements [OCI image layout](https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md).
protocol LayoutContent: Sendable {
  /// As typed, for messages.
  var path: FilePath { get }

  /// The size of a blob; nil when it is not there as a file.
  func size(of digest: Digest) -> Int64?

  /// A whole file of at most `limit` bytes; nil when it is not there.
  func read(_ name: String, limit: Int) throws -> [UInt8]?

  /// Up to `count` bytes of a blob from `offset`.
  ///
  /// - Throws: `ContentError` when it is not there, or not with the size of the descriptor.
  func piece(of descriptor: Descriptor, at offset: Int64, _ count: Int) throws -> [UInt8]
}

extension LayoutContent {
  /// Names and what they stand for.
  ///
  /// - Throws: `LayoutError` when index.json is damaged, `Errno`.
  func index() throws -> Index {
    guard let bytes = try read("index.json", limit: 64 << 20) else { return Index(manifests: []) }
    do {
      return try CanonicalJSON.decode(Index.self, from: bytes, limit: 64 << 20)
    } catch {
      throw LayoutError(
        path: path, why: "its index.json is damaged: \(RegistryMessage.printable("\(error)", limit: 200))")
    }
  }

  /// What a name or digest stands for; without either the only one there is.
  ///
  /// - Throws: `LayoutError` that lists the names there are.
  func entry(_ selector: ImagePlace.Selector) throws -> Descriptor {
    let entries = try index().manifests
    let names = entries.compactMap { $0.annotations?[ContentStore.nameAnnotation] }
    let listed =
      names.isEmpty
      ? "it has no names" : "it has: \(RegistryMessage.printable(names.joined(separator: ", "), limit: 400))"
    switch selector {
    case .name(let name):
      if let found = entries.first(where: { $0.annotations?[ContentStore.nameAnnotation] == name }) { return found }
      throw LayoutError(path: path, why: "it has no image `\(name)`; \(listed)")
    case .digest(let digest):
      if let found = entries.first(where: { $0.digest == digest }) { return found }
      guard let size = size(of: digest) else { throw LayoutError(path: path, why: "it has no \(digest)") }
      return Descriptor(mediaType: .manifest, digest: digest, size: size)
    case .only:
      // What is about an image is not meant as long as there is one.
      let images = entries.filter { $0.artifactType == nil || $0.annotations?[ContentStore.nameAnnotation] != nil }
      if let only = entries.count == 1 ? entries.first : images.first, images.count <= 1 { return only }
      throw LayoutError(
        path: path, why: entries.isEmpty ? "it has no image" : "it has several images; \(listed)",
        help: entries.isEmpty ? nil : "add `:NAME` to the path")
    }
  }
}

extension FileDescriptor {
  /// Exactly `count` bytes, or fewer where the file ends before.
  func bytes(_ count: Int, at offset: Int64) throws -> [UInt8] {
    guard count > 0 else { return [] }
    return try [UInt8](unsafeUninitializedCapacity: count) { space, filled in
      while filled < count {
        let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(space)[filled..<count])
        let got = try readSome(into: rest, at: offset + Int64(filled))
        if got == 0 { break }
        filled += got
      }
    }
  }
}
