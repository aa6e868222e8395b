import Content
import Linux
import OCI
import SystemPackage

/// One image of a layout, or of a layout in an archive, as a place to copy from.
package struct LayoutSource: CopySource {
  let layout: any LayoutContent
  let selector: ImagePlace.Selector
  package let name: String

  package func root() async throws -> ResolvedManifest {
    let entry = try await BlockingPool.shared.run { try layout.entry(selector) }
    guard let found = try await document(entry) else {
      throw LayoutError(path: layout.path, why: "\(entry.digest) is not there as a manifest")
    }
    return found
  }

  package func document(_ descriptor: Descriptor) async throws -> ResolvedManifest? {
    guard descriptor.size <= ResolvedManifest.sizeLimit else { return nil }
    return try await BlockingPool.shared.run {
      guard let size = layout.size(of: descriptor.digest) else { return nil }
      guard size == descriptor.size else {
        throw ContentError.sizeMismatch(digest: descriptor.digest, expected: descriptor.size, actual: size)
      }
      let path = ImageLayout.blobPath(descriptor.digest)
      let bytes = try layout.read(path, limit: ResolvedManifest.sizeLimit) ?? []
      let actual = RunningDigest.digest(of: bytes, descriptor.digest.algorithm)
      guard actual == descriptor.digest else {
        throw ContentError.digestMismatch(expected: descriptor.digest, actual: actual)
      }
      return try? ResolvedManifest(bytes: bytes, digest: descriptor.digest, claimed: descriptor.mediaType)
    }
  }

  /// Among what index.json lists, and in the indexes under the names that stand in for the referrers API.
  package func referrers(of digests: [Digest]) async throws -> [Descriptor] {
    let wanted = Set(digests)
    let standIns = Set(digests.map(RegistryClient.referrersTag))
    var found: [Descriptor] = []
    for entry in try await BlockingPool.shared.run({ try layout.index() }).manifests.prefix(CopyClosure.countLimit) {
      guard let document = try await document(entry) else { continue }
      if let name = entry.annotations?[ContentStore.nameAnnotation], standIns.contains(name) {
        let index: Index = try CopyClosure.decode(document, from: self)
        found += index.manifests
      } else if let subject = document.reference?.subject, wanted.contains(subject) {
        found.append(document.descriptor)
      }
    }
    return found
  }

  package func read(
    _ descriptor: Descriptor, from offset: Int64, _ consume: ([UInt8]) async throws -> Void
  ) async throws {
    var position = offset
    while position < descriptor.size {
      try Task.checkCancellation()
      let start = position
      let piece = try await BlockingPool.shared.run {
        try layout.piece(of: descriptor, at: start, FileUpload.pieceSize)
      }
      // Shorter than a moment ago.
      guard !piece.isEmpty else { throw Errno.ioError }
      position += Int64(piece.count)
      try await consume(piece)
    }
  }
}
