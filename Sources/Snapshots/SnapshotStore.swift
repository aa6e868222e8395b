import Linux
import OCI
import SystemPackage

/// Unpacked layers, one directory for each diffID, ready to be the lower directories of an overlay.
///
/// A snapshot is made under a temporary name and renamed, so what has the name of a diffID is whole. Content is not
/// synced to the disk one by one: a snapshot counts only during the boot it was made in, until `synchronize` has made it
/// durable, so that a power loss costs unpacking, never correctness. Several processes share a store.
package final class SnapshotStore: Sendable {
  package let root: FilePath
  let directory: Directory
  let attributes: OverlayAttributes

  /// Opens the store at `root`, which is created when missing (its parent is not).
  package init(root: FilePath) throws(PathError) {
    self.root = root
    attributes = .current
    directory = try explaining("open snapshot store", root.bytes) { () throws(Errno) in
      guard let name = root.lastComponent else { throw .invalidArgument }
      let parent = try Directory(at: root.removingLastComponent())
      return try parent.ensureDirectory(name.string, permissions: 0o711)
    }
  }

  /// Where the files of a layer are; exists when `contains` says so.
  package func path(of diffID: Digest) -> FilePath { root.appending(diffID.hex).appending("fs") }

  /// Whether the layer is unpacked, and was so during this boot or made durable.
  package func contains(_ diffID: Digest) -> Bool {
    guard let mark = try? read("\(diffID.hex)/\(Self.markName)") else { return false }
    return mark == Self.durableMark || mark == Self.bootMark
  }

  /// The lower directories of a stack of layers, highest first.
  ///
  /// - Parameter diffIDs: lowest first, all unpacked.
  package func lowers(_ diffIDs: [Digest]) -> [FilePath] { diffIDs.reversed().map(path(of:)) }

  /// Starts a snapshot; it vanishes unless it is committed.
  package func begin() throws(PathError) -> ActiveSnapshot {
    try explaining("create a snapshot in", root.bytes) { () throws(Errno) in
      let (name, directory) = try self.directory.makeTemporaryDirectory(prefix: Self.temporaryPrefix)
      // Tells `sweep` of other processes that somebody works here.
      guard try directory.descriptor.tryLock(.exclusive) else { throw .wouldBlock }
      return try ActiveSnapshot(store: self, name: name, directory: directory)
    }
  }

  /// Removes what killed processes left behind, and snapshots of an earlier boot that were never made durable.
  package func sweep() throws(PathError) {
    try explaining("sweep", root.bytes) { () throws(Errno) in
      for entry in try directory.entries() where entry.kind == .directory {
        let name = String(decoding: entry.name, as: UTF8.self)
        if name.hasPrefix(Self.temporaryPrefix) {
          guard let abandoned = try? directory.directory(entry.name), try abandoned.descriptor.tryLock(.exclusive)
          else { continue }
          try directory.removeTree(entry.name)
        } else if let digest = Digest("sha256:" + name), !contains(digest) {
          try discard(name)
        }
      }
    }
  }

  /// Writes everything to the disk once, so that the snapshots of this boot survive a crash of the machine.
  package func synchronize() throws(PathError) {
    try explaining("synchronize", root.bytes) { () throws(Errno) in
      var young: [[UInt8]] = []
      for entry in try directory.entries() where entry.name.count == 64 {
        if try read(entry.name + Array("/\(Self.markName)".utf8)) == Self.bootMark { young.append(entry.name) }
      }
      if young.isEmpty { return }
      try directory.descriptor.synchronizeFileSystem()
      for name in young { try writeMark(Self.durableMark, in: directory.directory(name)) }
    }
  }

  /// Puts a finished directory under its final name; one that is there already wins.
  func adopt(_ temporaryName: String, _ temporary: Directory, as diffID: Digest) throws(Errno) {
    try writeMark(Self.bootMark, in: temporary)
    for _ in 0..<3 {
      do {
        return try directory.rename(temporaryName, to: diffID.hex, .noReplace)
      } catch .fileExists {
        if contains(diffID) { return try directory.removeTree(temporaryName) }
        try discard(diffID.hex)
      }
    }
    throw .fileExists
  }

  /// Removes a snapshot; first out of sight, so that nobody uses half of it.
  private func discard(_ name: String) throws(Errno) {
    let doomed = Self.temporaryPrefix + Directory.randomName()
    do {
      try directory.rename(name, to: doomed)
    } catch .noSuchFileOrDirectory {
      return
    }
    try directory.removeTree(doomed)
  }

  private func read(_ path: some PathText) throws(Errno) -> [UInt8] {
    do {
      let file = try directory.file(path)
      defer { file.closeQuietly() }
      return try file.readAll(limit: 256)
    } catch .noSuchFileOrDirectory {
      return []
    }
  }

  private func writeMark(_ mark: [UInt8], in directory: Directory) throws(Errno) {
    let name = Self.markName + "." + Directory.randomName()
    let file = try directory.file(name, .writeOnly, options: [.create, .exclusiveCreate])
    defer { file.closeQuietly() }
    try file.writeFully(mark)
    try directory.rename(name, to: Self.markName)
  }

  private static let temporaryPrefix = ".tmp-"
  private static let markName = "complete"
  private static let durableMark = Array("durable\n".utf8)
  private static let bootMark = Array("boot ".utf8) + Machine.bootIdentifier
}
