import Linux
import SystemPackage

/// Copies directory trees with modes, times and symbolic links; contents are shared with the original where the file
/// system can.
enum TreeCopy {
  /// Copies what `source` contains into the empty `target`. Blocks; stops between files when cancelled.
  ///
  /// Hard links become files of their own. Devices, FIFOs and sockets are left out: no build reads them.
  /// - Parameter excluded: names directly below the source to leave out.
  static func copy(
    _ source: Directory, to target: Directory, excluding excluded: Set<String> = [], cancellation: CancellationFlag
  ) throws {
    try copy(source, to: target, path: [], excluded, cancellation)
  }

  private static func copy(
    _ source: Directory, to target: Directory, path: [UInt8], _ excluded: Set<String>, _ cancellation: CancellationFlag
  ) throws {
    for entry in try explaining("list", path, { () throws(Errno) in try source.entries() }) {
      if excluded.contains(where: { $0.utf8.elementsEqual(entry.name) }) { continue }
      try cancellation.check()
      let (name, path) = (entry.name, path + entry.name)
      let status = try explaining("read", path) { () throws(Errno) in try source.status(ofName: name) }
      switch status.kind {
      case .directory:
        try explaining("create", path) { () throws(Errno) in try target.makeDirectory(name, permissions: 0o700) }
        let (from, to) = try explaining("open", path) { () throws(Errno) in
          (try source.directory(name), try target.directory(name))
        }
        try copy(from, to: to, path: path + [UInt8(ascii: "/")], [], cancellation)
        try explaining("finish", path) { () throws(Errno) in
          try target.setPermissions(name, status.permissions)
          try target.setModified(name, status.modified)
        }
      case .symbolicLink:
        try explaining("copy", path) { () throws(Errno) in
          try target.makeSymbolicLink(name, to: try source.linkTarget(ofName: name))
          try target.setModified(name, status.modified)
        }
      case .file:
        try explaining("copy", path) { () throws(Errno) in try copyFile(name, from: source, to: target) }
      default: break
      }
    }
  }

  private static func copyFile(_ name: [UInt8], from source: Directory, to target: Directory) throws(Errno) {
    let original = try source.file(name)
    defer { original.closeQuietly() }
    let status = try original.status()
    let copy = try target.file(name, .writeOnly, options: [.create, .exclusiveCreate], permissions: 0o600)
    defer { copy.closeQuietly() }
    _ = try copy.copyContents(of: original)
    try copy.setPermissions(status.permissions)
    try copy.setModified(status.modified)
  }
}
