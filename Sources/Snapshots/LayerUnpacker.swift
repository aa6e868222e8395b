import Layers
import Linux
import SystemPackage

/// Writes the entries of a layer into a directory that will be one lower directory of an overlay.
///
/// Whiteouts become what overlay takes for them. Every path is resolved inside the image, through this layer and those
/// below, and opened relative to descriptors: no archive can reach outside. Blocking; used by one thread.
/// Implements [OCI image specification, "Applying Changesets"](https://github.com/opencontainers/image-spec/blob/v1.1.0/layer.md#applying-changesets).
final class LayerUnpacker {
  let root: Directory
  let base: MergedView
  let view: MergedView
  let attributes: OverlayAttributes
  /// Whether the result depends on the layers below: a parent that the layer does not name, a hard link into them.
  var dependsOnBase = false
  /// Things of the layer that this process may not make.
  private(set) var skipped: [EntryPath] = []
  private var directoryTimes: [(path: [UInt8], time: FileStatus.Time)] = []
  private var lastParent: (path: EntryPath, directory: Directory)?

  init(into root: Directory, over base: MergedView, attributes: OverlayAttributes) {
    self.root = root
    self.base = base
    view = base.covered(by: root)
    self.attributes = attributes
  }

  /// Unpacks everything and verifies the diffID.
  func unpack(_ reader: LayerReader, cancellation: CancellationFlag) throws {
    try inheritRoot()
    while let entry = try reader.tar.next() {
      try cancellation.check()
      do {
        try add(entry, content: reader.tar)
      } catch let error as Errno {
        throw PathError("unpack", entry.path.bytes, error)
      }
    }
    try reader.finish()
    for (path, time) in directoryTimes.reversed() {
      // A directory that a later entry replaced is not there any more.
      guard let directory = try? path.isEmpty ? root : root.directory(path, .beneathWithoutLinks) else { continue }
      try directory.descriptor.setModified(time)
    }
  }

  /// The root looks as below unless the layer says otherwise, since overlay shows that of the highest layer.
  private func inheritRoot() throws {
    guard let below = try base.rootNode()?.status, (below.permissions, below.uid, below.gid) != (0o755, 0, 0) else {
      return
    }
    try root.descriptor.setOwner(uid: below.uid, gid: below.gid)
    try root.descriptor.setPermissions(below.permissions)
    dependsOnBase = true
  }

  private func add(_ entry: LayerEntry, content: TarReader) throws {
    guard let parentPath = entry.path.parent else { return try addRoot(entry) }
    let name = Array(entry.path.name)
    if entry.kind == .opaque {
      let directory = try resolvedDirectory(entry.path)
      return try directory.setExtendedAttribute(attributes.opaque)
    }
    // What is not there need not be taken away, and its parents need not be made for that.
    if entry.kind == .whiteout, try !isDirectory(parentPath) { return }
    let parent = try resolvedDirectory(parentPath)
    switch entry.kind {
    case .whiteout: try addWhiteout(name, in: parent)
    case .directory: try addDirectory(entry, name, in: parent)
    default:
      try makeRoom(for: name, in: parent)
      try addLeaf(entry, name, in: parent, content: content)
    }
  }

  private func addLeaf(_ entry: LayerEntry, _ name: [UInt8], in parent: Directory, content: TarReader) throws {
    switch entry.kind {
    case .file: try addFile(entry, name, in: parent, content: content)
    case .hardLink(let target): try addHardLink(entry, to: target, name, in: parent)
    case .symlink(let target):
      try parent.makeSymbolicLink(name, to: target)
      try applyMetadata(of: entry, name, in: parent)
    default: try addNode(entry, name, in: parent)
    }
  }

  private func addRoot(_ entry: LayerEntry) throws {
    if entry.kind == .opaque {
      // Overlay ignores the mark on a root, so that everything below is taken away name by name.
      dependsOnBase = true
      guard let below = try base.rootNode() else { return }
      for name in try base.names(in: below) { try addWhiteout(name, in: root) }
      return
    }
    try root.descriptor.setOwner(uid: entry.uid, gid: entry.gid)
    for attribute in entry.attributes where !OverlayAttributes.owns(attribute.name) {
      try tolerating { () throws(Errno) in try root.setExtendedAttribute(attribute) }
    }
    try root.descriptor.setPermissions(UInt32(entry.mode))
    directoryTimes.append(([], entry.modified.fileTime))
  }

  private func addWhiteout(_ name: [UInt8], in parent: Directory) throws {
    switch try existing(name, in: parent)?.kind {
    case nil: try parent.makeNode(name, .character, permissions: 0)
    // What the layer itself has here stays; only that of the layers below is gone.
    case .directory: try parent.directory(name).setExtendedAttribute(attributes.opaque)
    default: break
    }
  }

  private func addDirectory(_ entry: LayerEntry, _ name: [UInt8], in parent: Directory) throws {
    let present = try existing(name, in: parent)
    if present?.kind != .directory {
      if present != nil { try makeRoom(for: name, in: parent) }
      try parent.makeDirectory(name, permissions: 0o700)
    }
    if present?.isOverlayWhiteout == true { try parent.directory(name).setExtendedAttribute(attributes.opaque) }
    try applyMetadata(of: entry, name, in: parent)
    directoryTimes.append((entry.path.bytes, entry.modified.fileTime))
  }

  private func addFile(_ entry: LayerEntry, _ name: [UInt8], in parent: Directory, content: TarReader) throws {
    let file = try parent.file(name, .writeOnly, options: [.create, .exclusiveCreate], permissions: 0o600)
    defer { file.closeQuietly() }
    try content.withContent { try file.writeFully($0) }
    try file.setOwner(uid: entry.uid, gid: entry.gid)
    for attribute in entry.attributes where !OverlayAttributes.owns(attribute.name) {
      try tolerating { () throws(Errno) in try file.setExtendedAttribute(attribute) }
    }
    try file.setPermissions(UInt32(entry.mode))
    try file.setModified(entry.modified.fileTime)
  }

  private func addNode(_ entry: LayerEntry, _ name: [UInt8], in parent: Directory) throws {
    do {
      switch entry.kind {
      case .fifo: try parent.makeNode(name, .fifo)
      // Overlay would take it for a whiteout.
      case .characterDevice(0, 0): return skipped.append(entry.path)
      case .characterDevice(let major, let minor):
        try parent.makeNode(name, .character, device: .init(major: major, minor: minor))
      case .blockDevice(let major, let minor):
        try parent.makeNode(name, .block, device: .init(major: major, minor: minor))
      default: return
      }
    } catch Errno.notPermitted {
      // A user namespace cannot make devices, and a build does not need those of an image.
      return skipped.append(entry.path)
    }
    try applyMetadata(of: entry, name, in: parent)
  }

  /// Owner, attributes, mode and time of something that exists, by name and without following it.
  func applyMetadata(of entry: LayerEntry, _ name: [UInt8], in parent: Directory) throws {
    try parent.setOwner(name, uid: entry.uid, gid: entry.gid)
    for attribute in entry.attributes where !OverlayAttributes.owns(attribute.name) {
      try tolerating { () throws(Errno) in try parent.setExtendedAttribute(attribute, ofName: name) }
    }
    if case .symlink = entry.kind {} else { try parent.setPermissions(name, UInt32(entry.mode)) }
    try parent.setModified(name, entry.modified.fileTime)
  }

  /// Removes what an earlier entry of this layer, or a whiteout, left at a name.
  private func makeRoom(for name: [UInt8], in parent: Directory) throws {
    guard try existing(name, in: parent) != nil else { return }
    try parent.removeTree(name)
    lastParent = nil
  }

  /// Whether a path of the archive leads to a directory, in this layer or below.
  private func isDirectory(_ path: EntryPath) throws -> Bool {
    if path.isRoot { return true }
    if let lastParent, lastParent.path == path { return true }
    let location: MergedView.Location
    do {
      location = try view.locate(path.bytes)
    } catch .notDirectory {
      return false
    }
    return location.node?.status.kind == .directory
  }

  private func existing(_ name: [UInt8], in parent: Directory) throws(Errno) -> FileStatus? {
    do { return try parent.status(ofName: name) } catch .noSuchFileOrDirectory { return nil }
  }

  /// The directory of this layer that a path of the archive leads to.
  private func resolvedDirectory(_ path: EntryPath) throws -> Directory {
    if path.isRoot { return root }
    if let lastParent, lastParent.path == path { return lastParent.directory }
    let directory: Directory
    if let direct = try? root.directory(path.bytes, .beneathWithoutLinks) {
      directory = direct
    } else {
      directory = try makeParents(path)
    }
    lastParent = (path, directory)
    return directory
  }
}

extension Timestamp {
  var fileTime: FileStatus.Time { FileStatus.Time(seconds: seconds, nanoseconds: nanoseconds) }
}
