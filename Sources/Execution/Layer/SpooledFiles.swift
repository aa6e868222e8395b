import Content
import Layers
import Linux
import OCI
import SystemPackage

/// Contents of files of an image, taken out of its compressed layers into one anonymous temporary file.
///
/// Each layer is read once, in order, however many files are wanted: that needs neither unpacking nor privileges.
final class SpooledFiles {
  private let file: FileDescriptor
  private var places: [Key: Int64] = [:]
  private var end: Int64 = 0

  private struct Key: Hashable {
    var layer: Int
    var source: EntryPath
  }

  /// Reads the content of `files`, entries of the merged tree of `layers`.
  ///
  /// - Throws: `LayerError`, `ContentError.missing`, `Errno`.
  init(
    _ files: some Sequence<TreeEntry>, of layers: [StoredLayer], in store: ContentStore, cancellation: CancellationFlag
  ) throws {
    let directory = try Directory(at: store.root.appending("ingest"))
    file = try directory.unnamedFile()
    let wanted = Dictionary(grouping: files, by: \.layer)
    for (layer, entries) in wanted.sorted(by: { $0.key < $1.key }) where layers.indices.contains(layer) {
      try read(Set(entries.map(\.source)), number: layer, layers[layer], store, cancellation)
    }
  }

  deinit { file.closeQuietly() }

  /// Where the content of a file is.
  ///
  /// - Throws: `LayerError.contentMismatch` when the layer turned out not to have it.
  func content(of entry: TreeEntry) throws -> FileContent {
    guard let offset = places[Key(layer: entry.layer, source: entry.source)] else {
      throw LayerError.contentMismatch(entry.path)
    }
    return .range(file, offset: offset)
  }

  /// The whole content of a small file.
  func bytes(of entry: TreeEntry, limit: Int) throws -> [UInt8] {
    guard let offset = places[Key(layer: entry.layer, source: entry.source)] else {
      throw LayerError.contentMismatch(entry.path)
    }
    guard entry.entry.size <= Int64(limit) else { throw ContentError.tooLarge(limit: limit) }
    var bytes = [UInt8](repeating: 0, count: Int(entry.entry.size))
    var done = 0
    while done < bytes.count {
      let count = try bytes.withUnsafeMutableBytes { buffer in
        try file.readSome(into: UnsafeMutableRawBufferPointer(rebasing: buffer[done...]), at: offset + Int64(done))
      }
      guard count > 0 else { throw LayerError.truncated(offset: offset + Int64(done)) }
      done += count
    }
    return bytes
  }

  private func read(
    _ wanted: Set<EntryPath>, number: Int, _ layer: StoredLayer, _ store: ContentStore, _ cancellation: CancellationFlag
  ) throws {
    let blob = try store.open(layer.descriptor.digest)
    defer { blob.closeQuietly() }
    let reader = try LayerReader(FileSource(blob), mediaType: layer.descriptor.mediaType, diffID: layer.diffID)
    while let entry = try reader.tar.next() {
      try cancellation.check()
      guard case .file = entry.kind, wanted.contains(entry.path) else { continue }
      places[Key(layer: number, source: entry.path)] = end
      try reader.tar.withContent { bytes in
        try file.writeFully(bytes)
        end += Int64(bytes.count)
      }
    }
    try reader.finish()
  }
}
