extension Tree {
  /// How many symbolic links one resolution follows, as on Linux.
  static let linkLimit = 40

  /// Where a path leads.
  package struct Resolution: Hashable, Sendable {
    /// Free of links. Behind the last component that exists the rest is as written, so it names where something would
    /// be created.
    package let path: EntryPath
    /// What is there; nil when nothing is.
    package let entry: TreeEntry?
  }

  /// Resolves a path as the kernel does in a container: links are followed inside the root, absolute ones from the
  /// root, and `..` at the root stays there.
  ///
  /// - Parameters:
  ///   - path: bytes as the user or the image wrote them, relative to the root with or without a leading slash.
  ///   - followLast: whether a link in the last place is followed too.
  /// - Throws: ``LayerError/tooManyLinks(_:)``, or ``LayerError/notADirectory(_:)`` when the path goes through
  ///   something that is no directory.
  package func resolve(_ path: some Sequence<UInt8>, followLast: Bool = true) throws -> Resolution {
    let slash = UInt8(ascii: "/")
    let written = Array(path)
    var todo: [ArraySlice<UInt8>] = written.split(separator: slash).reversed()
    // A closing slash asks for the directory behind a link.
    let followsLast = followLast || written.last == slash
    var stack: [(name: ArraySlice<UInt8>, node: TreeNode?)] = []
    var links = 0
    while let component = todo.popLast() {
      if component.elementsEqual([UInt8(ascii: ".")]) { continue }
      let here = stack.isEmpty ? root : stack[stack.count - 1].node
      if let here, !here.entry.isDirectory { throw LayerError.notADirectory(Self.path(stack)) }
      if component.elementsEqual("..".utf8) {
        _ = stack.popLast()
        continue
      }
      let node = here?.child(component)
      if let node, case .symlink(let target) = node.entry.kind, followsLast || !todo.isEmpty {
        links += 1
        if links > Self.linkLimit { throw LayerError.tooManyLinks(EntryPath(tarName: written) ?? .root) }
        if target.first == slash { stack = [] }
        todo.append(contentsOf: target.split(separator: slash).reversed())
        if todo.count > EntryPath.maximumLength { throw LayerError.tooManyLinks(EntryPath(tarName: written) ?? .root) }
      } else {
        stack.append((component, node))
      }
    }
    let resolved = Self.path(stack)
    let node = stack.isEmpty ? root : stack[stack.count - 1].node
    return Resolution(path: resolved, entry: node?.value(at: resolved))
  }

  /// Resolves a path that is normalised already.
  package func resolve(_ path: EntryPath, followLast: Bool = true) throws -> Resolution {
    try resolve(path.bytes, followLast: followLast)
  }

  private static func path(_ stack: [(name: ArraySlice<UInt8>, node: TreeNode?)]) -> EntryPath {
    EntryPath(normalised: Array(stack.map(\.name).joined(separator: [UInt8(ascii: "/")])))
  }
}
