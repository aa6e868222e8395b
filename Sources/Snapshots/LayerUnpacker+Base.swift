import Layers
import Linux
import SystemPackage

extension LayerUnpacker {
  /// Makes the directories that an archive's path needs but does not bring, as the layers below have them.
  ///
  /// Links on the way are followed inside the image, so that `lib/x` over a `lib` that is a link goes where it would go in
  /// the unpacked image.
  func makeParents(_ path: EntryPath) throws -> Directory {
    let location = try locate(path)
    if let node = location.node, node.status.kind != .directory { throw LayerError.notADirectory(path) }
    var directory = root
    for (depth, name) in location.path.enumerated() {
      directory = try enter(name, path: location.path[...depth].joined(separator: [0x2F]), in: directory)
    }
    return directory
  }

  // Errors are told apart by comparing them: with patterns in `catch`, Swift 6.3 does not end compiling these functions.

  private func locate(_ path: EntryPath) throws -> MergedView.Location {
    do throws(Errno) {
      return try view.locate(path.bytes)
    } catch {
      if error == .notDirectory { throw LayerError.notADirectory(path) }
      if error == .tooManySymbolicLinkLevels { throw LayerError.tooManyLinks(path) }
      throw error
    }
  }

  private func enter(_ name: [UInt8], path: JoinedSequence<ArraySlice<[UInt8]>>, in parent: Directory) throws
    -> Directory
  {
    do throws(Errno) {
      return try parent.directory(name)
    } catch {
      if error == .noSuchFileOrDirectory { return try inherit(name, path: path, in: parent) }
      guard error == .notDirectory else { throw error }
    }
    // This layer's own whiteout: below is gone, a directory comes in its place.
    try parent.removeFile(name)
    let directory = try parent.ensureDirectory(name)
    try directory.setExtendedAttribute(attributes.opaque)
    return directory
  }

  /// Makes a directory with owner, mode and attributes of the one below, or 0755 of root.
  private func inherit(_ name: [UInt8], path: JoinedSequence<ArraySlice<[UInt8]>>, in parent: Directory) throws
    -> Directory
  {
    let made = try parent.ensureDirectory(name)
    guard let below = try base.node(at: Array(path), followLast: false), below.status.kind == .directory else {
      try made.descriptor.setPermissions(0o755)
      return made
    }
    dependsOnBase = true
    try made.descriptor.setOwner(uid: below.status.uid, gid: below.status.gid)
    try copyAttributes(of: below) { attribute throws(Errno) in try made.setExtendedAttribute(attribute) }
    try made.descriptor.setPermissions(below.status.permissions)
    try made.descriptor.setModified(below.status.modified)
    return made
  }

  /// Gives a file of this layer another name, or copies one of the layers below.
  func addHardLink(_ entry: LayerEntry, to target: EntryPath, _ name: [UInt8], in parent: Directory) throws {
    let missing = LayerError.missingLinkTarget(entry.path, target: target)
    guard let found = try? view.node(at: target.bytes, followLast: false), found.status.kind != .directory else {
      throw missing
    }
    let path = found.path.joined(separator: [0x2F])
    if let own = try root.status(of: Array(path), .beneathWithoutLinks), !own.isOverlayWhiteout {
      return try parent.makeHardLink(name, to: found.name, in: found.container)
    }
    dependsOnBase = true
    switch found.status.kind {
    case .file: try copyFile(found, name, in: parent)
    case .symbolicLink:
      try parent.makeSymbolicLink(name, to: found.container.linkTarget(ofName: found.name))
      try parent.setOwner(name, uid: found.status.uid, gid: found.status.gid)
      try parent.setModified(name, found.status.modified)
    default: throw missing
    }
  }

  private func copyFile(_ node: MergedView.Node, _ name: [UInt8], in parent: Directory) throws {
    let source = try node.container.file(node.name)
    defer { source.closeQuietly() }
    let copy = try parent.file(name, .writeOnly, options: [.create, .exclusiveCreate], permissions: 0o600)
    defer { copy.closeQuietly() }
    _ = try copy.copyContents(of: source)
    try copy.setOwner(uid: node.status.uid, gid: node.status.gid)
    try copyAttributes(of: node) { attribute throws(Errno) in try copy.setExtendedAttribute(attribute) }
    try copy.setPermissions(node.status.permissions)
    try copy.setModified(node.status.modified)
  }

  private func copyAttributes(
    of node: MergedView.Node, _ set: (ExtendedAttribute) throws(Errno) -> Void
  ) throws(Errno) {
    for attribute in try node.container.extendedAttributes(ofName: node.name)
    where !OverlayAttributes.owns(attribute.name) {
      try tolerating { () throws(Errno) in try set(attribute) }
    }
  }

  /// Attributes that the file system or the user namespace does not take are left out, as everyone does who unpacks layers.
  func tolerating(_ body: () throws(Errno) -> Void) throws(Errno) {
    do {
      try body()
    } catch .notSupported {
    } catch .notPermitted where attributes == .user {
    }
  }
}
