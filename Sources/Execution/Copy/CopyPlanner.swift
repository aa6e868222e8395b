import Dockerfile
import Layers
import OCI

/// The copy of one source being worked out.
struct CopyPlanner {
  let request: CopyPlan.Request
  let source: CopySource
  /// Position of the source among those of the instruction.
  let number: Int
  let target: Tree
  var planned: [EntryPath: CopyPlan.Item]

  mutating func run() throws {
    let text =
      request.destination.hasPrefix("/") ? request.destination : request.workingDirectory + "/" + request.destination
    let destination = try target.resolve(text.utf8).path
    let isDirectory =
      request.namesDirectory || source.selections.count > 1 || entry(at: destination)?.isDirectory == true
    for selection in source.selections {
      if selection.entry.entry.isDirectory {
        try copyContents(of: selection.entry, to: destination)
      } else {
        if isDirectory { try ensureDirectory(destination) }
        try put(selection.entry, at: isDirectory ? destination.appending(name: selection.name) : destination)
      }
    }
  }

  private func entry(at path: EntryPath) -> LayerEntry? { planned[path]?.entry ?? target.lookup(path)?.entry }

  /// A copied directory gives its content; its own metadata only to a directory that is made for it.
  private mutating func copyContents(of directory: TreeEntry, to destination: EntryPath) throws {
    if let existing = entry(at: destination) {
      guard existing.isDirectory else { throw CopyError.directoryOverFile(destination) }
    } else if directory.path.isRoot {
      try ensureDirectory(destination)
    } else {
      try put(directory, at: destination)
    }
    try copyChildren(of: directory.path, to: destination)
  }

  private mutating func copyChildren(of directory: EntryPath, to destination: EntryPath) throws {
    for child in source.tree.children(of: directory) {
      let place = destination.appending(name: child.path.name)
      guard child.entry.isDirectory else {
        try put(child, at: place)
        continue
      }
      // A link to a directory, as /lib on many systems, stays and is followed.
      let real = try target.resolve(place).path
      if let existing = entry(at: real), !existing.isDirectory { throw CopyError.directoryOverFile(real) }
      try put(child, at: real)
      try copyChildren(of: child.path, to: real)
    }
  }

  private mutating func put(_ file: TreeEntry, at place: EntryPath) throws {
    if place.isRoot { return }
    if !file.entry.isDirectory, entry(at: place)?.isDirectory == true { throw CopyError.fileOverDirectory(place) }
    if let parent = place.parent { try ensureDirectory(parent) }
    var entry = file.entry
    entry.path = place
    entry.modified = entry.modified.clamped(to: request.time)
    if !source.keepsOwners { (entry.uid, entry.gid) = (request.uid, request.gid) }
    if case .symlink = entry.kind {
    } else if let mode = request.mode {
      entry.mode = UInt16(mode.apply(to: UInt32(entry.mode), isDirectory: entry.isDirectory))
    }
    planned[place] = CopyPlan.Item(entry: entry, source: number, origin: file)
  }

  /// Makes a directory and those above it, where neither the image nor this copy has them yet.
  private mutating func ensureDirectory(_ path: EntryPath) throws {
    if path.isRoot { return }
    if let existing = entry(at: path) {
      guard existing.isDirectory else { throw CopyError.directoryOverFile(path) }
      return
    }
    if let parent = path.parent { try ensureDirectory(parent) }
    let directory = LayerEntry(
      path: path, kind: .directory, mode: 0o755, uid: request.uid, gid: request.gid, modified: request.time)
    planned[path] = CopyPlan.Item(entry: directory)
  }
}

extension CopyPlan.Request {
  /// Whether the destination is a directory by the way it is written.
  fileprivate var namesDirectory: Bool {
    destination.isEmpty || destination == "." || destination == ".." || hasSeveralSources
      || ["/", "/.", "/.."].contains(where: destination.hasSuffix)
  }
}
