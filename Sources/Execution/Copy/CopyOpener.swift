import Content
import Layers
import Linux
import OCI
import Planning
import SystemPackage

/// Opens what is copied, on the thread that writes the layer.
struct CopyOpener {
  let store: ContentStore
  let step: CopyStep
  /// Time of what has none of its own.
  let time: Timestamp
  let cancellation: CancellationFlag

  /// The sources with the means to read them, in order; an archive that is unpacked is a source of its own.
  func sources(_ trees: [CopyTree]) throws -> [CopySource] {
    try trees.flatMap { try sources($0) } + [try inlineSource()].compactMap(\.self)
  }

  private func sources(_ part: CopyTree) throws -> [CopySource] {
    var plain = CopySource(
      tree: part.tree, selections: [], contents: try contents(part), keepsOwners: part.keepsOwners,
      keepsHardLinks: part.keepsHardLinks, name: part.name)
    guard part.unpacksArchives else {
      plain.selections = part.selections
      return [plain]
    }
    var sources: [CopySource] = []
    for selection in part.selections {
      if let archive = try archive(selection, in: part) {
        if !plain.selections.isEmpty { sources.append(plain) }
        plain.selections = []
        sources.append(archive)
      } else {
        plain.selections.append(selection)
      }
    }
    return plain.selections.isEmpty ? sources : sources + [plain]
  }

  private func contents(_ part: CopyTree) throws -> any FileContents {
    switch part.place {
    case .directory(let root): ContextContents(root: root)
    case .blob(let digest): BlobContents(store: store, digest: digest)
    case .layers(let layers): try SpooledFiles(part.files, of: layers, in: store, cancellation: cancellation)
    }
  }

  private func archive(_ selection: CopySelection, in part: CopyTree) throws -> CopySource? {
    guard case .file = selection.entry.entry.kind, let file = try open(selection.entry, in: part) else { return nil }
    let temporary = try Directory(at: store.root.appending("ingest"))
    guard let archive = try LocalArchive.open(file.descriptor, temporary: temporary) else { return nil }
    let tree = try Tree([LayerIndex(archive.members.map(\.entry))])
    let members = Dictionary(archive.members.map { ($0.entry.path, $0) }) { $1 }
    guard let root = tree.lookup(.root) else { return nil }
    return CopySource(
      tree: tree, selections: [CopySelection(name: [], entry: root)],
      contents: ArchiveContents(archive: archive, file: file, members: members), keepsOwners: step.owner == nil,
      members: Set(members.keys))
  }

  private func open(_ entry: TreeEntry, in part: CopyTree) throws -> OwnedFile? {
    switch part.place {
    case .directory(let root):
      OwnedFile(
        try explaining("open", entry.source.bytes) { () throws(Errno) in
          try root.file(entry.source.bytes, .readOnly, .beneathWithoutLinks)
        })
    case .blob(let digest): OwnedFile(try store.open(digest))
    case .layers: nil
    }
  }

  private func inlineSource() throws -> CopySource? {
    var files: [EntryPath: [UInt8]] = [:]
    var entries: [LayerEntry] = []
    for file in step.inlineFiles {
      guard let path = EntryPath(file.name), !path.isRoot else { throw CopyError.unusablePath(file.name) }
      files[path] = file.content
      entries.append(
        LayerEntry(path: path, kind: .file(size: Int64(file.content.count), digest: nil), mode: 0o644, modified: time))
    }
    if entries.isEmpty { return nil }
    let tree = try Tree([LayerIndex(entries)])
    let selections = entries.compactMap { entry in
      tree.lookup(entry.path).map { CopySelection(name: entry.path.name, entry: $0) }
    }
    return CopySource(tree: tree, selections: selections, contents: InlineContents(files: files), keepsHardLinks: false)
  }
}

extension CopyTree {
  /// Whether names of one file are known to be that: a scan of a directory takes each for itself.
  fileprivate var keepsHardLinks: Bool { if case .layers = place { true } else { false } }
}
