/// The merged view of a stack of layers: what a container would see, without anything being unpacked.
///
/// A value; ``appending(_:)`` shares everything with the tree before it except the directories that the layer touches, so a
/// tree for each step of a build is cheap.
package struct Tree: Sendable {
  let root: TreeNode
  /// How many layers were merged; entries name theirs by its position, 0 for the lowest.
  package let layerCount: Int

  /// The tree of `FROM scratch`: a root directory and nothing in it.
  package init() {
    root = TreeNode(entry: TreeNode.implicitDirectory(.root), layer: -1)
    layerCount = 0
  }

  init(root: TreeNode, layerCount: Int) {
    self.root = root
    self.layerCount = layerCount
  }

  /// Merges layers, lowest first.
  ///
  /// - Throws: as ``appending(_:)``.
  package init(_ layers: some Sequence<LayerIndex>) throws {
    var tree = Tree()
    for layer in layers { tree = try tree.appending(layer) }
    self = tree
  }

  /// What is at a path, whose parents have to be directories: no link is followed.
  package func lookup(_ path: EntryPath) -> TreeEntry? { node(at: path)?.value(at: path) }

  /// What a directory holds, sorted by name; nothing for a path that is no directory.
  package func children(of path: EntryPath) -> [TreeEntry] {
    guard let node = node(at: path) else { return [] }
    return node.children.map { $0.node.value(at: path.appending(name: $0.name)) }
  }

  /// All that is below a directory, in path order and without the directory itself.
  package func descendants(of path: EntryPath = .root) -> [TreeEntry] {
    guard let start = node(at: path) else { return [] }
    var result: [TreeEntry] = []
    var stack = start.children.reversed().map { (path.appending(name: $0.name), $0.node) }
    while let (path, node) = stack.popLast() {
      result.append(node.value(at: path))
      for child in node.children.reversed() { stack.append((path.appending(name: child.name), child.node)) }
    }
    return result
  }

  func node(at path: EntryPath) -> TreeNode? {
    var node = root
    for component in path.components {
      guard let next = node.child(component) else { return nil }
      node = next
    }
    return node
  }
}

/// What a tree has at a path.
package struct TreeEntry: Hashable, Sendable {
  /// Never a mark and never a hard link: those stand as the file that they are, under their own path.
  package let entry: LayerEntry
  /// The layer that the content comes from; -1 for the root of an empty tree.
  package let layer: Int
  /// The name of the content in that layer's archive: another than the entry's for hard links and below links.
  package let source: EntryPath

  package var path: EntryPath { entry.path }
}

/// A file system object in a tree and, for a directory, what it holds. Immutable, so trees can share it.
final class TreeNode: Sendable {
  struct Child: Sendable {
    let name: [UInt8]
    let node: TreeNode
  }

  /// As in the archive, under the path that it has there.
  let entry: LayerEntry
  let layer: Int
  /// Sorted by the bytes of their names.
  let children: [Child]

  init(entry: LayerEntry, layer: Int, children: [Child] = []) {
    self.entry = entry
    self.layer = layer
    self.children = children
  }

  /// A directory that an archive implies by naming something in it: as engines make it.
  static func implicitDirectory(_ path: EntryPath) -> LayerEntry {
    LayerEntry(path: path, kind: .directory, mode: 0o755)
  }

  /// What the node is under the path by which the tree has it.
  func value(at path: EntryPath) -> TreeEntry {
    var shown = entry
    shown.path = path
    return TreeEntry(entry: shown, layer: layer, source: entry.path)
  }

  func child(_ name: ArraySlice<UInt8>) -> TreeNode? {
    let index = position(of: name)
    guard index < children.count, children[index].name.elementsEqual(name) else { return nil }
    return children[index].node
  }

  /// Where `name` is among the children, or would be.
  private func position(of name: ArraySlice<UInt8>) -> Int {
    var low = 0
    var high = children.count
    while low < high {
      let middle = (low + high) / 2
      if children[middle].name[...].lexicographicallyPrecedes(name) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
