import Content
import Layers
import Linux
import OCI

/// Contents of files of an image, taken out of its compressed layers: each layer is read once, however many files are wanted.
///
/// That needs neither unpacking nor privileges.
struct SpooledFiles {
  private let spool: ContentSpool

  /// Reads the content of `files`, entries of the merged tree of `layers`.
  ///
  /// - Throws: `LayerError`, `ContentError.missing`, `Errno`, `CancellationError`.
  init(
    _ files: some Sequence<TreeEntry>, of layers: [StoredLayer], in store: ContentStore, cancellation: CancellationFlag
  ) throws {
    spool = try ContentSpool(in: Directory(at: store.root.appending("ingest")))
    let wanted = Dictionary(grouping: files, by: \.layer)
    for (number, entries) in wanted.sorted(by: { $0.key < $1.key }) where layers.indices.contains(number) {
      try cancellation.check()
      let layer = layers[number]
      let blob = try store.open(layer.descriptor.digest)
      defer { blob.closeQuietly() }
      let reader = try LayerReader(FileSource(blob), mediaType: layer.descriptor.mediaType, diffID: layer.diffID)
      try spool.collect(Set(entries.map(\.source)), ofLayer: number, from: reader)
    }
  }

  /// Where the content of a file is.
  ///
  /// - Throws: `LayerError.contentMismatch` when the layer turned out not to have it.
  func content(of entry: TreeEntry) throws -> FileContent {
    guard let content = spool.content(of: entry) else { throw LayerError.contentMismatch(entry.path) }
    return content
  }

  /// The whole content of a small file.
  ///
  /// - Throws: as `content(of:)`; `ContentError.tooLarge` for more than `limit` bytes.
  func bytes(of entry: TreeEntry, limit: Int) throws -> [UInt8] {
    guard entry.entry.size <= Int64(limit) else { throw ContentError.tooLarge(limit: limit) }
    guard case .range(let file, let offset) = try content(of: entry) else { return [] }
    let source = FileSource(file, offset: offset, length: entry.entry.size)
    var bytes = [UInt8](repeating: 0, count: Int(entry.entry.size))
    var done = 0
    while done < bytes.count {
      let count = try bytes.withUnsafeMutableBytes { buffer in
        try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[done...]))
      }
      guard count > 0 else { throw LayerError.truncated(offset: offset + Int64(done)) }
      done += count
    }
    return bytes
  }
}
