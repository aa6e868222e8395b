import Dockerfile
import Layers
import OCI

/// What a COPY writes, worked out on trees alone: the new layer's entries, and which file each content comes from.
///
/// Sources are a tree like the destination, whether they are a build context, an archive or another image, so all are copied
/// by the same rules. Implements [Dockerfile reference, COPY](https://docs.docker.com/reference/dockerfile/#copy).
struct CopyPlan {
  /// What to write at each path; content only where the entry is a regular file.
  private(set) var items: [EntryPath: Item] = [:]
  /// Directories of the image that gave way to something else, with all that was in them.
  private(set) var hidden: Set<EntryPath> = []

  /// One entry of the new layer.
  struct Item {
    var entry: LayerEntry
    /// The source that the file comes from, as its position among the sources; nil for directories made on the way.
    var source: Int?
    var origin: TreeEntry?
  }

  /// What an instruction asks for besides the sources.
  struct Request: Hashable {
    /// The destination as expanded; a slash at the end says that it is a directory.
    var destination: String
    /// The directory that a relative destination starts from.
    var workingDirectory: String
    /// Whether several sources make the destination a directory.
    var hasSeveralSources: Bool
    /// Owner of everything written, unless a source keeps its owners.
    var uid: UInt32
    var gid: UInt32
    /// How to change the modes; nil leaves them as they are.
    var mode: ModeChange?
    /// Time of directories that are made on the way, and the latest time that a copied file may have.
    var time: Timestamp
  }

  /// Works out the copy of all sources, later ones over earlier ones.
  ///
  /// - Throws: `CopyError` for what cannot be copied, `LayerError.tooManyLinks` for link cycles.
  init(_ request: Request, from sources: [CopySource], onto target: Tree) throws {
    for (number, source) in sources.enumerated() {
      var planner = CopyPlanner(
        request: request, source: source, number: number, target: target, planned: items, hidden: hidden)
      try planner.run()
      (items, hidden) = (planner.planned, planner.hidden)
    }
  }

  /// The entries in layer order; further names of a file are hard links to the first one, where the source keeps them.
  func entries(_ sources: [CopySource]) -> [(entry: LayerEntry, item: Item)] {
    struct File: Hashable {
      var source: Int
      var layer: Int
      var path: EntryPath
    }
    var first: [File: EntryPath] = [:]
    // Where a directory came back after all, it is another one.
    let marks = hidden.filter { items[$0]?.entry.isDirectory == true }
      .map { Item(entry: .opaque($0, modified: items[$0]?.entry.modified ?? .zero)) }
    return (items.values + marks).sorted { LayerEntry.precedes($0.entry, $1.entry) }.map { item in
      guard let source = item.source, let origin = item.origin, case .file = item.entry.kind,
        sources[source].keepsHardLinks
      else { return (item.entry, item) }
      let file = File(source: source, layer: origin.layer, path: origin.source)
      guard let target = first[file] else {
        first[file] = item.entry.path
        return (item.entry, item)
      }
      var link = item.entry
      link.kind = .hardLink(target)
      return (link, item)
    }
  }
}
