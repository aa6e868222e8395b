import Layers
import Linux
import Snapshots
import SystemPackage

/// A directory of a stage or image that a new cache begins as a copy of.
package struct CacheSeed: Sendable, Hashable {
  /// The stage's snapshots, lowest first.
  package var lowers: [FilePath]
  /// The directory in the stage.
  package var path: [UInt8]

  /// Copies the directory's content, owners, modes, times and attributes; blocks.
  ///
  /// - Throws: `RunError.invalidRequest` when there is no such directory.
  func copy(into target: Directory) throws {
    let view = try MergedView(lowers: lowers.reversed())
    guard let node = try view.node(at: path), node.status.kind == .directory else {
      if lowers.isEmpty, path == Array("/".utf8) { return }
      throw RunError.invalidRequest(
        reason: "'\(String(decoding: path, as: UTF8.self))' is not a directory of the stage that the cache begins with")
    }
    try Self.copyChildren(of: node, in: view, into: target)
    try target.descriptor.setOwner(uid: node.status.uid, gid: node.status.gid)
    try target.descriptor.setPermissions(node.status.permissions)
  }

  private static func copyChildren(of node: MergedView.Node, in view: MergedView, into target: Directory) throws {
    for name in try view.names(in: node) {
      guard let child = try view.child(name, of: node) else { continue }
      let status = child.status
      switch status.kind {
      case .directory:
        try target.makeDirectory(name, permissions: 0o700)
        try copyChildren(of: child, in: view, into: target.directory(name))
      case .file: try copyFile(child, into: target)
      case .symbolicLink: try target.makeSymbolicLink(name, to: child.container.linkTarget(ofName: name))
      case .socket, .unknown: continue
      default: try target.makeNode(name, status.kind, permissions: status.permissions, device: status.special)
      }
      try target.setOwner(name, uid: status.uid, gid: status.gid)
      for attribute in try child.container.extendedAttributes(ofName: name)
      where !OverlayAttributes.owns(attribute.name) {
        try target.setExtendedAttribute(attribute, ofName: name)
      }
      if status.kind != .symbolicLink { try target.setPermissions(name, status.permissions) }
      try target.setModified(name, status.modified)
    }
  }

  private static func copyFile(_ node: MergedView.Node, into target: Directory) throws {
    let source = try node.container.file(node.name)
    defer { source.closeQuietly() }
    let copy = try target.file(node.name, .writeOnly, options: [.create, .exclusiveCreate], permissions: 0o600)
    defer { copy.closeQuietly() }
    _ = try copy.copyContents(of: source)
  }
}
