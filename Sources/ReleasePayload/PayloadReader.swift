import Layers
import OCI

/// Finds the image references in the layers of a release image, the topmost layer first.
package struct PayloadReader: Sendable {
  /// Where releases keep the document.
  package static let path = EntryPath("release-manifests/image-references")!

  /// The image or file, for messages.
  let place: String

  /// What one layer says of the document.
  package enum Finding: Hashable, Sendable {
    case document([UInt8])
    /// The layer takes away what a lower layer has.
    case removed
  }

  package init(place: String) { self.place = place }

  /// Reads one layer to its end, since only a whole layer may be believed.
  ///
  /// - Parameters:
  ///   - blob: the layer as stored; verifying its digest is up to the caller.
  ///   - diffID: what the image's config promises.
  /// - Returns: nil when the layer does not touch the document.
  /// - Throws: `LayerError` for a damaged layer, `PayloadError` when the document is too large or no file.
  package func look(in blob: any ByteSource, mediaType: MediaType, diffID: Digest?) throws -> Finding? {
    let reader = try LayerReader(blob, mediaType: mediaType, diffID: diffID)
    var found: Finding?
    while let entry = try reader.tar.next() {
      if let finding = try finding(entry, reader.tar) { found = found.map { Self.stronger($0, finding) } ?? finding }
    }
    try reader.finish()
    return found
  }

  /// A file beside the mark that empties its directory is newer than the mark, in whatever order they stand.
  private static func stronger(_ first: Finding, _ second: Finding) -> Finding {
    if case .document = first, second == .removed { return first }
    return second
  }

  private func finding(_ entry: LayerEntry, _ tar: TarReader) throws -> Finding? {
    let covers = Self.path == entry.path || Self.path.parent == entry.path
    guard covers else { return nil }
    switch entry.kind {
    case .whiteout: return .removed
    case .opaque: return Self.path.parent == entry.path ? .removed : nil
    case .file(let size, _) where entry.path == Self.path:
      guard size <= Int64(ImageReferences.sizeLimit) else {
        throw PayloadError(
          place: place, what: "the image references are too large",
          why: "\(size) bytes, and at most \(ImageReferences.sizeLimit) are read")
      }
      var bytes: [UInt8] = []
      bytes.reserveCapacity(Int(size))
      try tar.withContent { bytes += $0 }
      return .document(bytes)
    case .directory: return entry.path == Self.path ? try notAFile() : nil
    default: return try notAFile()
    }
  }

  private func notAFile() throws(PayloadError) -> Finding? {
    throw PayloadError(
      place: place, what: "the image references cannot be read", why: "`\(Self.path)` is no ordinary file in its layer")
  }
}
