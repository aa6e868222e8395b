import Content
import Diagnostics
import Linux
import OCI
import Planning
import SystemPackage

/// An OCI image layout that somebody else filled, as a place to take images from.
///
/// Implements [OCI image layout](https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md).
struct LayoutSource {
  let layout: ImageLayout

  /// Largest `index.json` or manifest, in bytes.
  private static let documentLimit = 4 << 20

  /// The manifest of the image for a platform.
  ///
  /// - Throws: `DiagnosticsError` when the layout or the image in it is not there.
  func manifest(_ platform: Platform) throws -> Descriptor {
    var found = try root()
    // Nested indexes are rare and shallow.
    for _ in 0..<4 where found.mediaType.isIndex {
      let index = try document(Index.self, found)
      guard let entry = index.entry(for: platform) else {
        let there = index.platforms.map(\.description).joined(separator: ", ")
        throw fault("there is no image for \(platform)", why: ["it has \(there.isEmpty ? "none" : there)"])
      }
      found = entry
    }
    guard found.mediaType.isManifest else { throw fault("\(found.digest) is \(found.mediaType), not an image") }
    let claimed = try document(ImageConfig.self, document(Manifest.self, found).config).platform
    // An index's word counts, as everywhere; without one there is only the config's.
    guard found.platform != nil || platform.runnable.contains(claimed) else {
      throw fault("the image is for \(claimed), not for \(platform)")
    }
    found.platform = platform
    found.annotations = nil
    return found
  }

  /// Copies an image into a store, each blob verified.
  func copy(_ manifest: Descriptor, into store: ContentStore, cancellation: CancellationFlag) throws {
    let document = try document(Manifest.self, manifest)
    // The manifest last, so that one in the store has everything that belongs to it.
    for blob in [document.config] + document.layers + [manifest] where !store.contains(blob) {
      let file = try open(blob)
      defer { file.closeQuietly() }
      let ingest = try store.ingest()
      var buffer = [UInt8](repeating: 0, count: 1 << 20)
      while true {
        try cancellation.check()
        let count = try buffer.withUnsafeMutableBytes { (bytes) throws(Errno) in try file.readSome(into: bytes) }
        if count == 0 { break }
        try buffer[..<count].withUnsafeBytes { try ingest.write($0) }
      }
      try ingest.commit(expecting: blob)
    }
  }

  /// What the layout's index has under the name or digest.
  private func root() throws -> Descriptor {
    let file = try within { (directory) throws(Errno) in try directory.file("index.json") }
    defer { file.closeQuietly() }
    let index = try CanonicalJSON.decode(
      Index.self, from: file.readAll(limit: Self.documentLimit), limit: Self.documentLimit)
    if let digest = layout.digest {
      if let entry = index.manifests.first(where: { $0.digest == digest }) { return entry }
      // A digest of something that is not listed is in the blobs all the same, as an index or a manifest.
      return try unlisted(digest)
    }
    let names = index.manifests.compactMap { $0.annotations?[ContentStore.nameAnnotation] }
    if let tag = layout.tag {
      let entry = index.manifests.first { entry in
        guard let name = entry.annotations?[ContentStore.nameAnnotation] else { return false }
        return name == tag || name.hasSuffix(":" + tag)
      }
      if let entry { return entry }
      throw fault("there is no image `\(tag)`", why: ["it has \(names.joined(separator: ", "))"])
    }
    if index.manifests.count == 1 { return index.manifests[0] }
    guard let entry = index.manifests.first(where: { $0.annotations?[ContentStore.nameAnnotation] == "latest" }) else {
      throw fault(
        "the layout has several images and none of them is `latest`", why: ["it has \(names.joined(separator: ", "))"],
        help: ["name one: oci-layout://\(layout.directory):TAG"])
    }
    return entry
  }

  private func unlisted(_ digest: Digest) throws -> Descriptor {
    struct Outline: Decodable {
      var mediaType: MediaType?
      var manifests: [Descriptor]?
    }
    let anything = Descriptor(mediaType: .manifest, digest: digest, size: 0)
    let file = try open(anything)
    defer { file.closeQuietly() }
    let bytes = try file.readAll(limit: Self.documentLimit)
    let outline = try CanonicalJSON.decode(Outline.self, from: bytes, limit: Self.documentLimit)
    let type = outline.mediaType ?? (outline.manifests == nil ? .manifest : .index)
    return Descriptor(mediaType: type, digest: digest, size: Int64(bytes.count))
  }

  private func document<T: Decodable>(_ type: T.Type, _ descriptor: Descriptor) throws -> T {
    let file = try open(descriptor)
    defer { file.closeQuietly() }
    do {
      let bytes = try file.readAll(limit: Self.documentLimit)
      return try CanonicalJSON.decode(type, from: bytes, limit: Self.documentLimit)
    } catch let error as DecodingError {
      throw fault("\(descriptor.digest) is not what it should be", why: ["\(error)"])
    }
  }

  private func open(_ blob: Descriptor) throws -> FileDescriptor {
    try within { (directory) throws(Errno) in
      try directory.file("blobs/\(blob.digest.algorithm.rawValue)/\(blob.digest.hex)")
    }
  }

  private func within<R>(_ body: (Directory) throws(Errno) -> R) throws -> R {
    do throws(Errno) {
      return try body(Directory(at: layout.directory))
    } catch {
      throw fault("the layout cannot be read", why: ["\(error)"])
    }
  }

  private func fault(_ what: String, why: [String] = [], help: [String] = []) -> DiagnosticsError {
    DiagnosticsError(.error(what, at: "\(layout)", why: why, help: help))
  }
}
