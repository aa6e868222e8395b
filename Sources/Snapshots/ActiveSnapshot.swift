import Linux
import OCI
import SystemPackage

/// A snapshot in the making: a private directory in the store with room for a step's other needs beside it.
///
/// Owned by whoever began it, who ends it with `commit` or `discard` exactly once; a process that dies leaves it to
/// `SnapshotStore.sweep`.
package final class ActiveSnapshot: Sendable {
  package let store: SnapshotStore
  /// The files themselves: the upper directory of an overlay, or the target of unpacking.
  package let files: Directory
  private let name: String
  private let directory: Directory

  init(store: SnapshotStore, name: String, directory: Directory) throws(Errno) {
    self.store = store
    self.name = name
    self.directory = directory
    files = try directory.ensureDirectory("fs", permissions: 0o755)
    // The upper directory's mode becomes that of the container's root.
    try directory.setPermissions("fs", 0o755)
  }

  /// Private space beside the files, removed by `commit`.
  package func workspace(_ name: String) throws(PathError) -> Directory {
    try explaining("create", path(name).bytes) { () throws(Errno) in
      try directory.ensureDirectory(name, permissions: 0o700)
    }
  }

  /// The path of the files (`fs`) or of a workspace.
  package func path(_ name: String = "fs") -> FilePath { store.root.appending(self.name).appending(name) }

  /// Makes the files the snapshot of `diffID`; when it exists already, these are dropped.
  package func commit(as diffID: Digest) throws(PathError) {
    try explaining("commit snapshot", Array(diffID.hex.utf8)) { () throws(Errno) in
      for entry in try directory.entries() where entry.name != Array("fs".utf8) { try directory.removeTree(entry.name) }
      try store.adopt(name, directory, as: diffID)
    }
  }

  /// Removes everything.
  package func discard() throws(PathError) {
    try explaining("discard snapshot", path().bytes) { () throws(Errno) in try store.directory.removeTree(name) }
  }
}
