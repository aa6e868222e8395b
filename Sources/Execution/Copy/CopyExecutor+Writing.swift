import Content
import Dockerfile
import Layers
import Linux
import OCI
import Planning
import SystemPackage

extension CopyExecutor {
  /// The layer of a copy, and the digests of the context's files that were read for it.
  struct Written {
    var layer: StoredLayer?
    var digests: [EntryPath: Digest]
  }

  /// Plans the copy on the tree below and writes its layer in one pass over the sources; nothing to copy is no layer.
  func write(
    _ request: CopyPlan.Request, _ selections: [CopySelection], _ tree: Tree, _ linked: Tree?
  ) async throws -> Written {
    let target: Tree
    if let linked { target = linked } else { target = try await context.machinery.catalog.tree(of: context.layers) }
    let size = selections.reduce(Int64(0)) { $0 + $1.contentSize(in: tree) }
    let result = try await context.machinery.layers.write(size: size) { writer, cancellation in
      let sources = try sources(selections, tree, cancellation)
      let plan = try CopyPlan(request, from: sources, onto: target)
      for (entry, item) in plan.entries(sources) {
        try cancellation.check()
        guard case .file = entry.kind, let number = item.source, let origin = item.origin else {
          try writer.add(entry)
          continue
        }
        try sources[number].contents.withContent(of: origin) { try writer.add(entry, content: $0) }
      }
    }
    if result.index.entries.isEmpty { return Written(layer: nil, digests: [:]) }
    return Written(layer: result.layer, digests: try digests(selections, tree, request, target, result.index))
  }

  /// The digests of the context's own files, found again at the places that they were copied to.
  private func digests(
    _ selections: [CopySelection], _ tree: Tree, _ request: CopyPlan.Request, _ target: Tree, _ index: LayerIndex
  ) throws -> [EntryPath: Digest] {
    guard case .context(let scanner, _) = origin, !step.unpacksArchives else { return [:] }
    let source = CopySource(
      tree: tree, selections: selections, contents: ContextContents(root: scanner.root), keepsHardLinks: false)
    let plan = try CopyPlan(request, from: [source], onto: target)
    var digests: [EntryPath: Digest] = [:]
    for (path, item) in plan.items {
      if let origin = item.origin, let digest = index[path]?.contentDigest { digests[origin.source] = digest }
    }
    return digests
  }

  /// The sources with the means to read them; archives that ADD unpacks are sources of their own.
  private func sources(
    _ selections: [CopySelection], _ tree: Tree, _ cancellation: CancellationFlag
  ) throws -> [CopySource] {
    var sources: [CopySource] = []
    switch origin {
    case .context(let scanner, _):
      var plain = CopySource(
        tree: tree, selections: [], contents: ContextContents(root: scanner.root), keepsHardLinks: false)
      for selection in selections {
        if step.unpacksArchives, let archive = try archive(selection, in: scanner.root) {
          sources.append(archive)
        } else {
          plain.selections.append(selection)
        }
      }
      if !plain.selections.isEmpty { sources.insert(plain, at: 0) }
    case .image(let layers):
      let files = selections.flatMap { selection in
        selection.entry.entry.isDirectory ? tree.descendants(of: selection.entry.path) : [selection.entry]
      }
      let wanted = files.filter { $0.entry.contentDigest != nil }
      let contents = try SpooledFiles(wanted, of: layers, in: context.store, cancellation: cancellation)
      sources.append(CopySource(tree: tree, selections: selections, contents: contents))
    }
    if let inline = try inlineSource() { sources.append(inline) }
    return sources
  }

  private func archive(_ selection: CopySelection, in root: Directory) throws -> CopySource? {
    guard case .file = selection.entry.entry.kind else { return nil }
    let path = selection.entry.source
    let file = OwnedFile(
      try explaining("open", path.bytes) { () throws(Errno) in
        try root.file(path.bytes, .readOnly, .beneathWithoutLinks)
      })
    let temporary = try Directory(at: context.store.root.appending("ingest"))
    guard let archive = try LocalArchive.open(file.descriptor, temporary: temporary) else { return nil }
    let tree = try Tree([LayerIndex(archive.members.map(\.entry))])
    let members = Dictionary(archive.members.map { ($0.entry.path, $0) }) { $1 }
    guard let root = tree.lookup(.root) else { return nil }
    return CopySource(
      tree: tree, selections: [CopySelection(name: [], entry: root)],
      contents: ArchiveContents(archive: archive, file: file, members: members), keepsOwners: step.owner == nil)
  }

  private func inlineSource() throws -> CopySource? {
    var files: [EntryPath: [UInt8]] = [:]
    var entries: [LayerEntry] = []
    for file in step.inlineFiles {
      guard let path = EntryPath(file.name), !path.isRoot else { throw CopyError.unusablePath(file.name) }
      files[path] = file.content
      entries.append(
        LayerEntry(
          path: path, kind: .file(size: Int64(file.content.count), digest: nil), mode: 0o644, modified: context.time))
    }
    if entries.isEmpty { return nil }
    let tree = try Tree([LayerIndex(entries)])
    let selections = entries.compactMap { entry in
      tree.lookup(entry.path).map { CopySelection(name: entry.path.name, entry: $0) }
    }
    return CopySource(tree: tree, selections: selections, contents: InlineContents(files: files), keepsHardLinks: false)
  }
}

extension CopySelection {
  /// Bytes of content of the selection and all below it.
  fileprivate func contentSize(in tree: Tree) -> Int64 {
    entry.entry.isDirectory ? tree.descendants(of: entry.path).reduce(0) { $0 + $1.entry.size } : entry.entry.size
  }
}
