import Layers
import Linux
import SystemPackage

extension BuildContext {
  /// Where a path of the context is on this machine, and what below it the ignore file leaves out.
  ///
  /// Blocks on the disk.
  /// - Returns: the path, and hidden paths relative to it, of which none is below another.
  /// - Throws: `CopyError.sourceNotFound` for a path that the ignore file leaves out, `PathError`, `CancellationError`.
  func place(
    of source: String, cancellation: CancellationFlag
  ) throws -> (path: FilePath, hidden: [EntryPath]) {
    let pinned = try explaining("mount", Array(source.utf8)) { () throws(Errno) in
      try scanner.root.pin(source, .inRoot, followLast: true)
    }
    defer { pinned.closeQuietly() }
    // The kernel's own name of what was opened: nothing is joined as text.
    let links = try Directory(at: "/proc/self/fd")
    let path = FilePath(bytes: try links.linkTarget(ofName: "\(pinned.rawValue)"))
    guard hasIgnoreFile else { return (path, []) }
    let root = FilePath(bytes: try links.linkTarget(ofName: "\(scanner.root.descriptor.rawValue)"))
    var relative = path
    guard relative.removePrefix(root), let place = EntryPath(relative.string) else {
      throw PathError("mount", Array(source.utf8), .invalidArgument)
    }
    let visible = Set(try scanner.scan([source], cancellation: cancellation).entries.map(\.path))
    guard place.isRoot || visible.contains(place) else { throw CopyError.sourceNotFound(source, ignored: true) }
    guard try pinned.status().kind == .directory else { return (path, []) }
    var hidden: [EntryPath] = []
    try Self.collect(
      in: try Directory(at: path), at: place, below: .root, visible: visible, cancellation: cancellation, into: &hidden)
    return (path, hidden)
  }

  /// - Parameters:
  ///   - place: the directory's path in the context.
  ///   - below: its path in what is mounted.
  private static func collect(
    in directory: Directory, at place: EntryPath, below: EntryPath, visible: Set<EntryPath>,
    cancellation: CancellationFlag, into hidden: inout [EntryPath]
  ) throws {
    try cancellation.check()
    for entry in try directory.entries() {
      let path = place.appending(name: entry.name)
      let shown = below.appending(name: entry.name)
      if !visible.contains(path) {
        hidden.append(shown)
      } else if try directory.status(ofName: entry.name).kind == .directory {
        try collect(
          in: directory.directory(entry.name), at: path, below: shown, visible: visible, cancellation: cancellation,
          into: &hidden)
      }
    }
  }
}
