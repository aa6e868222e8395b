import Linux
import OCI
import SystemPackage

/// Content of files from layers, taken out of their blobs into one unnamed temporary file so that it can be read in any
/// order.
///
/// For copying between images without unpacking them: look up the entries in a ``Tree``, collect what is wanted with
/// one pass over each layer's blob, then write the new layer in path order. The file goes when this object does.
package final class ContentSpool {
  private struct Key: Hashable {
    let layer: Int
    let source: EntryPath
  }

  private let file: FileDescriptor
  private var places: [Key: (offset: Int64, size: Int64)] = [:]
  private var end: Int64 = 0

  /// - Parameter temporary: the directory on whose file system the content is kept.
  package init(in temporary: Directory) throws { file = try temporary.unnamedFile() }

  deinit {
    // A temporary file without a name: there is nothing that failing to close it could lose.
    try? file.close()
  }

  /// Takes the content of files out of one layer, and reads that layer to its end to verify it.
  ///
  /// - Parameters:
  ///   - sources: names in the layer's archive, as ``TreeEntry/source`` gives them.
  ///   - layer: the layer's position in the tree, as ``TreeEntry/layer`` gives it.
  package func collect(_ sources: Set<EntryPath>, ofLayer layer: Int, from reader: LayerReader) throws {
    let sink = FileSink(file)
    var found: [Key: (offset: Int64, size: Int64)] = [:]
    while let entry = try reader.tar.next() {
      guard case .file(let size, _) = entry.kind, sources.contains(entry.path) else { continue }
      found[Key(layer: layer, source: entry.path)] = (end, size)
      try reader.tar.withContent { piece in
        try sink.write(piece)
        end += Int64(piece.count)
      }
    }
    try reader.finish()
    places.merge(found) { _, new in new }
  }

  /// The content of a file of the tree; nil when it was not collected. Valid while the spool is.
  package func content(of entry: TreeEntry) -> FileContent? {
    guard let place = places[Key(layer: entry.layer, source: entry.source)], place.size == entry.entry.size else {
      return nil
    }
    return .range(file, offset: place.offset)
  }
}
