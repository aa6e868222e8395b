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
  /// Directories of the image that are gone, with all that was in them.
  var hidden: Set<EntryPath>

  mutating func run() throws {
    let text =
      request.destination.hasPrefix("/") ? request.destination : request.workingDirectory + "/" + request.destination
    // `..` is worked out in the text, before any link of the image is followed.
    guard let cleaned = EntryPath(text) else { throw CopyError.unusablePath(text) }
    let destination = try target.resolve(cleaned).path
    for selection in source.selections {
      if selection.entry.entry.isDirectory {
        try copyContents(of: selection, to: destination)
      } else if request.namesDirectory || entry(at: destination)?.isDirectory == true {
        guard !selection.name.isEmpty else { throw CopyError.unnamedDownload(source.name) }
        try ensureDirectory(destination)
        try put(selection.entry, at: try place(of: selection.name, in: destination))
      } else {
        // Each match of a wildcard is copied as if it were alone, and only the last one would be left.
        guard planned[destination]?.origin == nil else { throw CopyError.severalOntoFile(destination) }
        try put(selection.entry, at: destination)
      }
    }
  }

  private func entry(at path: EntryPath) -> LayerEntry? {
    if let item = planned[path] { return item.entry }
    if hidden.contains(where: { path == $0 || path.isDescendant(of: $0) }) { return nil }
    return target.lookup(path)?.entry
  }

  private func place(of name: ArraySlice<UInt8>, in directory: EntryPath) throws -> EntryPath {
    let place = directory.appending(name: name)
    guard place.isUsable else { throw CopyError.unusablePath("\(place)") }
    return place
  }

  /// A copied directory gives its content; what it is put into is made like any other directory on the way.
  private mutating func copyContents(of selection: CopySelection, to destination: EntryPath) throws {
    try ensureDirectory(destination)
    var places = [selection.entry.path: destination]
    for item in source.tree.content(of: selection) {
      guard let directory = item.path.parent.flatMap({ places[$0] }) else { continue }
      let place = try place(of: item.path.name, in: directory)
      if !item.entry.isDirectory {
        try put(item, at: place)
      } else if source.implies(item.path) {
        // Nothing says that this is a directory and no link to one, as /lib on many systems.
        let real = try target.resolve(place).path
        try ensureDirectory(real)
        places[item.path] = real
      } else {
        try put(item, at: place)
        places[item.path] = place
      }
    }
  }

  private mutating func put(_ file: TreeEntry, at place: EntryPath) throws {
    if place.isRoot { return }
    if let existing = entry(at: place), existing.isDirectory != file.entry.isDirectory {
      try replace(existing, at: place, with: file.entry)
    }
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

  /// Takes away what a directory, or something that is none, is to be put in the place of.
  ///
  /// Links give way, and a directory gives way to a link, as in `docker build` before BuildKit, which refuses both. A
  /// file and a directory never take each other's place, except in an archive, which is unpacked as `tar` does.
  private mutating func replace(_ old: LayerEntry, at place: EntryPath, with new: LayerEntry) throws {
    guard source.isArchive || old.isSymbolicLink || new.isSymbolicLink else {
      throw new.isDirectory ? CopyError.directoryOverFile(place) : CopyError.fileOverDirectory(place)
    }
    guard old.isDirectory else { return }
    for path in planned.keys where path.isDescendant(of: place) { planned[path] = nil }
    if target.lookup(place)?.entry.isDirectory == true { hidden.insert(place) }
  }

  /// Makes a directory and those above it, where neither the image nor this copy has them yet.
  private mutating func ensureDirectory(_ path: EntryPath) throws {
    if path.isRoot { return }
    if let existing = entry(at: path) {
      guard existing.isDirectory else { throw CopyError.directoryOverFile(path) }
      return
    }
    if let parent = path.parent { try ensureDirectory(parent) }
    let mode = request.mode?.apply(to: 0o755, isDirectory: true) ?? 0o755
    let directory = LayerEntry(
      path: path, kind: .directory, mode: UInt16(mode), uid: request.uid, gid: request.gid, modified: request.time)
    planned[path] = CopyPlan.Item(entry: directory)
  }
}

extension LayerEntry {
  fileprivate var isSymbolicLink: Bool { if case .symlink = kind { true } else { false } }
}

extension CopyPlan.Request {
  /// Whether the destination is a directory by the way it is written.
  fileprivate var namesDirectory: Bool {
    destination.isEmpty || destination == "." || destination == ".." || hasSeveralSources
      || ["/", "/.", "/.."].contains(where: destination.hasSuffix)
  }
}
