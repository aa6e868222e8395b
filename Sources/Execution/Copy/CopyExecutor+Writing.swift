import Content
import Dockerfile
import Layers
import Linux
import OCI
import Planning

extension CopyExecutor {
  /// The layer of a copy, and the digests of the context's files that were read for it.
  struct Written: Sendable {
    var layer: StoredLayer?
    var digests: [EntryPath: Digest]
  }

  /// Plans the copy on the tree below and writes its layer in one pass over the sources; nothing to copy is no layer.
  func write(_ parts: [CopyPart]) async throws -> Written {
    let target = step.isLinked ? Tree() : try await context.machinery.catalog.tree(of: context.layers)
    let owner = try await context.numbers(of: step.owner)
    let request = CopyPlan.Request(
      destination: step.destination, workingDirectory: step.workingDirectory,
      hasSeveralSources: step.sources.count + step.inlineFiles.count > 1, uid: owner.uid, gid: owner.gid,
      mode: step.mode, time: context.time)
    return try await withTrees(parts[...], []) { try await write(request, $0, onto: target) }
  }

  private func write(_ request: CopyPlan.Request, _ trees: [CopyTree], onto target: Tree) async throws -> Written {
    let size = trees.reduce(Int64(0)) { $1.files.reduce($0) { $0 + $1.entry.size } }
    let result = try await context.machinery.layers.write(size: size) { writer, cancellation in
      let opener = CopyOpener(store: context.store, step: step, time: context.time, cancellation: cancellation)
      let sources = try opener.sources(trees)
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
    return Written(layer: result.layer, digests: try digests(request, trees, target, result.index))
  }

  /// The digests of the context's own files, found again at the places that they were copied to.
  private func digests(
    _ request: CopyPlan.Request, _ trees: [CopyTree], _ target: Tree, _ index: LayerIndex
  ) throws -> [EntryPath: Digest] {
    guard trees.count == 1, let part = trees.first, part.scan?.isHashed == false, !part.unpacksArchives,
      case .directory(let root) = part.place
    else { return [:] }
    let source = CopySource(
      tree: part.tree, selections: part.selections, contents: ContextContents(root: root), keepsHardLinks: false)
    let plan = try CopyPlan(request, from: [source], onto: target)
    var digests: [EntryPath: Digest] = [:]
    for (path, item) in plan.items {
      if let origin = item.origin, let digest = index[path]?.contentDigest { digests[origin.source] = digest }
    }
    return digests
  }

  /// Fetches what is not here yet, part by part, and has all of it as long as `body` runs.
  private func withTrees(
    _ parts: ArraySlice<CopyPart>, _ ready: [CopyTree], _ body: @Sendable ([CopyTree]) async throws -> Written
  ) async throws -> Written {
    guard let part = parts.first else { return try await body(ready) }
    let rest = parts.dropFirst()
    switch part {
    case .local(let tree): return try await withTrees(rest, ready + [tree], body)
    case .download(let source, _):
      let tree = try downloaded(source, try await context.machinery.remotes.file(source))
      return try await withTrees(rest, ready + [tree], body)
    case .repository(let source, let commit):
      return try await context.machinery.remotes.withTree(of: source, at: commit) { root in
        let tree = try await BlockingPool.shared.runCancellable { try checkedOut(source, root, $0) }
        return try await withTrees(rest, ready + [tree], body)
      }
    }
  }

  /// A downloaded file as a tree: for its owner alone, as in `docker build`.
  private func downloaded(_ source: DownloadSource, _ file: RemoteFile) throws -> CopyTree {
    let name = source.fileName ?? ""
    guard let path = EntryPath(name.isEmpty ? "download" : name) else { throw CopyError.unusablePath(name) }
    let entry = LayerEntry(
      path: path, kind: .file(size: file.size, digest: file.digest), mode: 0o600,
      modified: file.modified ?? context.time)
    let tree = try Tree([LayerIndex([entry])])
    let selections = tree.lookup(path).map { [CopySelection(name: Array(name.utf8)[...], entry: $0)] } ?? []
    return CopyTree(
      tree: tree, selections: selections, place: .blob(file.digest), unpacksArchives: step.unpacksDownloads,
      name: source.shown)
  }

  /// A checkout as a tree, of which a directory is copied.
  private func checkedOut(
    _ source: RepositorySource, _ root: Directory, _ cancellation: CancellationFlag
  ) throws -> CopyTree {
    let records = context.store.records
    let scanner = ContextScanner(root: root, records: records, time: context.time) { path, _ in
      let isGit = path.components.first?.elementsEqual(".git".utf8) == true
      return isGit && !source.keepsGitDirectory ? .ignored : .visible
    }
    // The directory is looked up as it is written: in a name of a repository no byte is a wildcard.
    let scan = try scanner.scan(directory: source.directory, cancellation: cancellation)
    let tree = try Tree([LayerIndex(scan.entries)])
    guard let path = EntryPath(source.directory), let entry = try? tree.resolve(path).entry, entry.entry.isDirectory
    else { throw CopyError.sourceNotFound("\(source.directory) of \(source.shown)", ignored: false) }
    let selection = try tree.selection(of: entry, rules())
    return CopyTree(tree: tree, selections: [selection], place: .directory(root), name: source.shown)
  }
}
