extension Tree {
  /// The tree with one more layer on top, as if its archive were unpacked there.
  ///
  /// Where the archive goes through symbolic links, they are followed inside the root. Costs time for the layer's
  /// entries and for the directories that they are in.
  /// - Throws: ``LayerError/notADirectory(_:)``, ``LayerError/tooManyLinks(_:)`` or
  ///   ``LayerError/missingLinkTarget(_:target:)`` for a layer that cannot be unpacked.
  package func appending(_ layer: LayerIndex) throws -> Tree {
    var links: [EntryPath: EntryPath] = [:]
    var plain: [PlacedEntry] = []
    var hardLinks: [PlacedEntry] = []
    for entry in layer.entries {
      let placed = PlacedEntry(path: entry.path, entry: entry)
      if case .hardLink(let target) = entry.kind {
        links[entry.path] = target
        hardLinks.append(placed)
      } else {
        plain.append(placed)
      }
    }
    let merged = try merging(plain)
    if hardLinks.isEmpty { return Tree(root: merged.root, layerCount: layerCount + 1) }
    let resolved = try hardLinks.map { try merged.resolvingHardLink($0, links) }
    return Tree(root: try merged.merging(resolved).root, layerCount: layerCount + 1)
  }

  /// Merges entries, those behind symbolic links in further rounds.
  private func merging(_ entries: [PlacedEntry]) throws -> Tree {
    var tree = self
    var waiting = entries
    for _ in 0...Self.linkLimit {
      if waiting.isEmpty { return tree }
      var merge = TreeMerge(layer: layerCount)
      tree = Tree(root: try merge.directory(tree.root, at: .root, waiting[...], depth: 0), layerCount: layerCount)
      waiting = try merge.behindLinks.map { try tree.resolvingParent(of: $0) }
      waiting.sort { left, right in
        let order = EntryPath.compare(left.path.bytes, right.path.bytes)
        return order == 0 ? left.entry.rank < right.entry.rank : order < 0
      }
    }
    throw LayerError.tooManyLinks(waiting.first?.path ?? .root)
  }

  /// The entry at the place that its archive's name leads to.
  private func resolvingParent(of placed: PlacedEntry) throws -> PlacedEntry {
    // An opaque mark is inside the directory that it names, so that one is followed itself.
    if placed.entry.kind == .opaque {
      return PlacedEntry(path: try resolve(placed.path).path, entry: placed.entry)
    }
    guard let parent = placed.path.parent else { return placed }
    let path = try resolve(parent).path.appending(name: placed.path.name)
    return PlacedEntry(path: path, entry: placed.entry, origin: placed.origin)
  }

  /// The entry as which a hard link appears: what it names, under the link's own path in the tree.
  private func resolvingHardLink(_ link: PlacedEntry, _ links: [EntryPath: EntryPath]) throws -> PlacedEntry {
    var target = link.path
    var steps = 0
    while let next = links[target] {
      target = next
      steps += 1
      if steps > links.count { throw LayerError.tooManyLinks(link.path) }
    }
    guard let parent = target.parent, let resolved = try? resolve(parent),
      let node = node(at: resolved.path.appending(name: target.name)), !node.entry.isDirectory
    else { throw LayerError.missingLinkTarget(link.path, target: target) }
    return PlacedEntry(path: link.path, entry: node.entry, origin: node)
  }
}

/// An entry and where in the tree it goes.
struct PlacedEntry {
  /// Differs from the entry's own path behind links and for hard links.
  let path: EntryPath
  let entry: LayerEntry
  /// For hard links the node of the file itself, to be shared.
  var origin: TreeNode?

  init(path: EntryPath, entry: LayerEntry, origin: TreeNode? = nil) {
    self.path = path
    self.entry = entry
    self.origin = origin
  }
}

/// One pass of a layer's entries over a tree.
struct TreeMerge {
  let layer: Int
  /// Entries whose parents turned out to be symbolic links.
  private(set) var behindLinks: [PlacedEntry] = []

  init(layer: Int) { self.layer = layer }

  /// Merges entries that are at or below the directory at `path`.
  ///
  /// - Parameter depth: bytes of the entries' paths up to where the name of a child starts.
  mutating func directory(
    _ base: TreeNode, at path: EntryPath, _ entries: ArraySlice<PlacedEntry>, depth: Int
  ) throws -> TreeNode {
    var rest = entries
    var entry = base.entry
    var owner = base.layer
    var lower = base.children
    while let first = rest.first, first.path.bytes.count == path.bytes.count {
      if first.entry.kind == .opaque {
        // Of this layer's own, merged in an earlier round, nothing is hidden.
        lower = lower.filter { $0.node.layer == layer }
      } else if first.entry.isDirectory {
        entry = first.entry
        owner = layer
      }
      rest.removeFirst()
    }
    let children = try children(lower, rest, depth: depth)
    return TreeNode(entry: entry, layer: owner, children: children)
  }

  /// Merges sorted children with the groups of entries that belong to one child each.
  private mutating func children(
    _ lower: [TreeNode.Child], _ entries: ArraySlice<PlacedEntry>, depth: Int
  ) throws -> [TreeNode.Child] {
    if entries.isEmpty { return lower }
    var result: [TreeNode.Child] = []
    result.reserveCapacity(lower.count + 8)
    var old = lower[...]
    var rest = entries
    while let first = rest.first {
      let name = first.path.bytes[depth...].prefix { $0 != UInt8(ascii: "/") }
      let end = depth + name.count
      let group = rest.prefix {
        $0.path.bytes.count >= end && $0.path.bytes[depth..<end] == name
          && ($0.path.bytes.count == end || $0.path.bytes[end] == UInt8(ascii: "/"))
      }
      rest = rest[group.endIndex...]
      while let candidate = old.first, candidate.name[...].lexicographicallyPrecedes(name) {
        result.append(candidate)
        old.removeFirst()
      }
      var base: TreeNode?
      if let candidate = old.first, candidate.name.elementsEqual(name) {
        base = candidate.node
        old.removeFirst()
      }
      let path = EntryPath(normalised: Array(first.path.bytes[..<end]))
      if let node = try child(base, at: path, group) {
        result.append(TreeNode.Child(name: Array(name), node: node))
      }
    }
    result.append(contentsOf: old)
    return result
  }

  /// Merges the entries at and below one path; nil when nothing is there afterwards.
  private mutating func child(
    _ lower: TreeNode?, at path: EntryPath, _ group: ArraySlice<PlacedEntry>
  ) throws -> TreeNode? {
    let own = group.prefix { $0.path.bytes.count == path.bytes.count }
    var base = lower
    if own.first?.entry.kind == .whiteout, base?.layer != layer { base = nil }
    if let real = own.first(where: { !$0.entry.isMark }) {
      if !real.entry.isDirectory {
        base = real.origin ?? TreeNode(entry: real.entry, layer: layer)
      } else if base?.entry.isDirectory != true {
        base = TreeNode(entry: real.entry, layer: layer)
      }
    }
    let below = group[own.endIndex...]
    let isOpaque = own.last?.entry.kind == .opaque
    if below.isEmpty, !isOpaque, own.allSatisfy({ $0.entry.kind == .whiteout }) { return base }
    if let node = base, !node.entry.isDirectory {
      if below.isEmpty, !isOpaque { return node }
      guard case .symlink = node.entry.kind else { throw LayerError.notADirectory(path) }
      behindLinks.append(contentsOf: own.filter { $0.entry.kind == .opaque })
      behindLinks.append(contentsOf: below)
      return node
    }
    let start = base ?? TreeNode(entry: TreeNode.implicitDirectory(path), layer: layer)
    return try directory(start, at: path, group, depth: path.bytes.count + 1)
  }
}
