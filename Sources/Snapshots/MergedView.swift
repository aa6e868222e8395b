import Linux
import SystemPackage

/// A stack of snapshots read as the one tree that an overlay of them would show, without mounting anything.
package struct MergedView: Sendable {
  private let root: [Directory]
  private let attributes: OverlayAttributes

  /// What is at a path of the merged tree.
  package struct Node: Sendable {
    package var status: FileStatus
    /// Where the node physically is; for the root, the highest layer itself.
    package var container: Directory
    package var name: [UInt8]
    /// The path below the root, without symbolic links on the way.
    package var path: [[UInt8]]
    /// For a directory its parts, highest first.
    fileprivate var parts: [Directory]
  }

  /// - Parameter lowers: the snapshots' directories, highest first; none is an empty tree.
  package init(lowers: [FilePath]) throws(PathError) {
    attributes = .current
    var opened: [Directory] = []
    for path in lowers {
      opened.append(try explaining("open snapshot", path.bytes) { () throws(Errno) in try Directory(at: path) })
    }
    root = opened
  }

  private init(root: [Directory]) {
    self.root = root
    attributes = .current
  }

  /// The tree with one more layer on top, which may still be changing: nothing is remembered between two questions.
  func covered(by directory: Directory) -> MergedView { MergedView(root: [directory] + root) }

  /// Where a path leads in the merged tree.
  package struct Location: Sendable {
    /// nil when nothing is there.
    package var node: Node?
    /// The path with all links followed; below the last directory that exists it is taken as written.
    package var path: [[UInt8]]
  }

  /// The node at a path as a process with this root would see it: links are followed inside the root.
  ///
  /// - Returns: nil when nothing is there.
  /// - Throws: as `locate`.
  package func node(at path: [UInt8], followLast: Bool = true) throws(Errno) -> Node? {
    try locate(path, followLast: followLast).node
  }

  /// Follows a path as far as the tree goes, and beyond it word by word.
  ///
  /// - Throws: `ELOOP` after 40 links, `ENOTDIR` when the path leads through something that is not a directory.
  package func locate(_ path: [UInt8], followLast: Bool = true) throws(Errno) -> Location {
    var trail: [Node] = []
    if let top = root.first {
      trail.append(Node(status: try top.status(), container: top, name: [], path: [], parts: root))
    }
    var missing: [[UInt8]] = []
    var pending = Self.components(path)
    var links = 0
    while let name = pending.popLast() {
      if name == [0x2E] { continue }
      if name == [0x2E, 0x2E] {
        if missing.popLast() == nil, trail.count > 1 { trail.removeLast() }
        continue
      }
      guard missing.isEmpty, let current = trail.last, let next = try child(name, of: current) else {
        if missing.isEmpty, let current = trail.last, current.status.kind != .directory { throw .notDirectory }
        missing.append(name)
        continue
      }
      if next.status.kind == .symbolicLink, followLast || !pending.isEmpty {
        links += 1
        guard links <= 40 else { throw .tooManySymbolicLinkLevels }
        let target = try next.container.linkTarget(ofName: name)
        if target.first == 0x2F { trail.removeLast(trail.count - 1) }
        pending.append(contentsOf: Self.components(target))
      } else {
        trail.append(next)
      }
    }
    let path = (trail.last?.path ?? []) + missing
    return Location(node: missing.isEmpty ? trail.last : nil, path: path)
  }

  /// The components of a path, last first.
  private static func components(_ path: [UInt8]) -> [[UInt8]] {
    path.split(separator: 0x2F).map(Array.init).reversed()
  }

  /// The entry `name` of a directory of the merged tree, not followed.
  package func child(_ name: [UInt8], of node: Node) throws(Errno) -> Node? {
    var found: Node?
    for part in node.parts {
      let status: FileStatus
      do {
        status = try part.status(ofName: name)
      } catch .noSuchFileOrDirectory {
        continue
      }
      if status.isOverlayWhiteout { break }
      guard status.kind == .directory else {
        // A file under a directory of a higher layer is hidden by it.
        return found ?? Node(status: status, container: part, name: name, path: node.path + [name], parts: [])
      }
      let directory = try part.directory(name)
      if found == nil {
        found = Node(status: status, container: part, name: name, path: node.path + [name], parts: [])
      }
      found?.parts.append(directory)
      if try attributes.isOpaque(directory) { break }
    }
    return found
  }

  /// The names in a directory of the merged tree, sorted by bytes; empty for anything else.
  package func names(in node: Node) throws(Errno) -> [[UInt8]] {
    var names: Set<[UInt8]> = []
    for part in node.parts {
      for entry in try part.entries() { names.insert(entry.name) }
    }
    var present: [[UInt8]] = []
    for name in names.sorted(by: { $0.lexicographicallyPrecedes($1) }) where try child(name, of: node) != nil {
      present.append(name)
    }
    return present
  }

  /// The root of the tree; nil when there is no layer at all.
  package func rootNode() throws(Errno) -> Node? { try locate([]).node }

  /// The content of a regular file; nil when there is none at the path.
  ///
  /// - Throws: `EFBIG` when it has more than `limit` bytes.
  package func contents(of path: [UInt8], limit: Int) throws(Errno) -> [UInt8]? {
    guard let node = try node(at: path), node.status.kind == .file else { return nil }
    let file = try node.container.file(node.name)
    defer { file.closeQuietly() }
    return try file.readAll(limit: limit)
  }
}
