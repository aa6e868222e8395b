import Layers
import Linux
import SystemPackage

/// What an overlay's upper directory says that a step changed, as the entries of a layer.
///
/// Deterministic: sorted, times clamped to a given moment (on the disk too, so that later steps see what an unpacked layer
/// would show them), nothing that only the mount itself left behind. Files that were copied up and not changed, and
/// directories of which only the time differs, are no change.
/// See [Overlay Filesystem](https://docs.kernel.org/filesystems/overlayfs.html).
package struct UpperDiff: Sendable {
  /// In the order of a layer.
  package private(set) var entries: [LayerEntry] = []
  /// Sockets, which no layer can hold.
  package private(set) var skipped: [EntryPath] = []

  /// Bytes of all files together.
  package var size: Int64 { entries.reduce(0) { $0 + $1.size } }

  private let files: Directory
  private let base: MergedView
  private let latest: Timestamp
  private let mountPoints: Set<EntryPath>
  private let cancellation: CancellationFlag
  private let attributes = OverlayAttributes.current
  private var firstNames: [Inode: EntryPath] = [:]

  private struct Inode: Hashable {
    var device: FileStatus.Device
    var number: UInt64
  }

  /// Compares; blocks.
  ///
  /// - Parameters:
  ///   - base: the tree the upper directory lay over.
  ///   - latest: later times become this one, `SOURCE_DATE_EPOCH`.
  ///   - mountPoints: places the runtime may have made for its mounts; what is empty there does not count.
  package init(
    of files: Directory, over base: MergedView, latest: Timestamp, mountPoints: Set<EntryPath> = [],
    cancellation: CancellationFlag = CancellationFlag()
  ) throws {
    self.cancellation = cancellation
    self.files = files
    self.base = base
    self.latest = latest
    self.mountPoints = mountPoints
    let below = try base.rootNode()
    let status = try files.status()
    try walk(files, .root, below)
    if let below, Self.metadataDiffers(status, below.status) {
      entries.insert(entry(.root, .directory, status, []), at: 0)
    }
  }

  /// Writes all entries with their content.
  package func write(to writer: LayerWriter, cancellation: CancellationFlag = CancellationFlag()) throws {
    for entry in entries {
      try cancellation.check()
      guard case .file = entry.kind else {
        try writer.add(entry)
        continue
      }
      let file = try explaining("read", entry.path.bytes) { () throws(Errno) in
        try files.file(entry.path.bytes, .readOnly, .beneathWithoutLinks)
      }
      defer { file.closeQuietly() }
      try writer.add(entry, content: .file(file))
    }
  }

  private mutating func walk(_ directory: Directory, _ path: EntryPath, _ below: MergedView.Node?) throws {
    try cancellation.check()
    for item in try directory.entries() {
      let child = path.appending(name: item.name)
      let status = try directory.status(ofName: item.name)
      let lower = try below.flatMap { try base.child(item.name, of: $0) }
      if status.isOverlayWhiteout {
        if lower != nil { entries.append(.whiteout(child)) }
      } else if status.kind == .directory {
        try addDirectory(directory, item.name, child, status, lower)
      } else {
        try addLeaf(directory, item.name, child, status, lower)
      }
    }
  }

  private mutating func addDirectory(
    _ parent: Directory, _ name: [UInt8], _ path: EntryPath, _ status: FileStatus, _ lower: MergedView.Node?
  ) throws {
    let directory = try parent.directory(name)
    let extended = try contentAttributes(parent, name)
    let covers = lower?.status.kind == .directory
    let hides = try covers && attributes.isOpaque(directory)
    let start = entries.count
    if hides { entries.append(.opaque(path)) }
    try walk(directory, path, hides ? nil : lower)
    let hasChanges = entries.count > start
    let isChanged = try !covers || lower.map { try differs(status, extended, $0) } ?? true
    if hasChanges || (isChanged && !(mountPoints.contains(path) && lower == nil)) {
      entries.insert(entry(path, .directory, status, extended), at: start)
    }
    try clampTime(parent, name, status)
  }

  private mutating func addLeaf(
    _ parent: Directory, _ name: [UInt8], _ path: EntryPath, _ status: FileStatus, _ lower: MergedView.Node?
  ) throws {
    let extended = try contentAttributes(parent, name)
    let kind: LayerEntry.Kind
    switch status.kind {
    case .file:
      if status.size == 0, lower == nil, mountPoints.contains(path) { return }
      if let lower, try isUnchangedCopy(parent, name, status, extended, lower) { return }
      kind = fileKind(path, status)
    case .symbolicLink: kind = .symlink(target: try parent.linkTarget(ofName: name))
    case .fifo: kind = .fifo
    case .character: kind = .characterDevice(major: status.special.major, minor: status.special.minor)
    case .block: kind = .blockDevice(major: status.special.major, minor: status.special.minor)
    case .socket, .unknown, .directory:
      skipped.append(path)
      return
    }
    entries.append(entry(path, kind, status, extended))
    try clampTime(parent, name, status)
  }

  /// The first name of a file is the file, the others are links to it.
  private mutating func fileKind(_ path: EntryPath, _ status: FileStatus) -> LayerEntry.Kind {
    if status.links > 1 {
      let inode = Inode(device: status.device, number: status.inode)
      if let first = firstNames[inode] { return .hardLink(first) }
      firstNames[inode] = path
    }
    return .file(size: Int64(status.size), digest: nil)
  }

  private func entry(
    _ path: EntryPath, _ kind: LayerEntry.Kind, _ status: FileStatus, _ extended: [ExtendedAttribute]
  ) -> LayerEntry {
    let modified = Timestamp(seconds: status.modified.seconds, nanoseconds: status.modified.nanoseconds)
    return LayerEntry(
      path: path, kind: kind, mode: UInt16(status.permissions), uid: status.uid, gid: status.gid,
      modified: modified.clamped(to: latest), attributes: extended)
  }

  private func clampTime(_ parent: Directory, _ name: [UInt8], _ status: FileStatus) throws {
    if status.modified > latest.fileTime { try parent.setModified(name, latest.fileTime) }
  }

  /// The attributes that belong to the content: capabilities and users' own.
  private func contentAttributes(_ parent: Directory, _ name: [UInt8]) throws(Errno) -> [ExtendedAttribute] {
    try parent.extendedAttributes(ofName: name).filter { attribute in
      let isContent =
        attribute.name == Array("security.capability".utf8) || attribute.name.starts(with: Array("user.".utf8))
      return isContent && !OverlayAttributes.owns(attribute.name)
    }
  }

  private static func metadataDiffers(_ left: FileStatus, _ right: FileStatus) -> Bool {
    (left.kind, left.permissions, left.uid, left.gid) != (right.kind, right.permissions, right.uid, right.gid)
  }

  private func differs(
    _ status: FileStatus, _ extended: [ExtendedAttribute], _ lower: MergedView.Node
  ) throws(Errno) -> Bool {
    if Self.metadataDiffers(status, lower.status) { return true }
    return try extended != contentAttributes(lower.container, lower.name)
  }

  /// Whether a file was only copied up: opened for writing, or given the mode that it had.
  private func isUnchangedCopy(
    _ parent: Directory, _ name: [UInt8], _ status: FileStatus, _ extended: [ExtendedAttribute],
    _ lower: MergedView.Node
  ) throws -> Bool {
    guard lower.status.kind == .file, lower.status.size == status.size, lower.status.modified == status.modified,
      status.links == 1, try !differs(status, extended, lower)
    else { return false }
    let left = try parent.file(name)
    defer { left.closeQuietly() }
    let right = try lower.container.file(lower.name)
    defer { right.closeQuietly() }
    return try left.hasSameContent(as: right)
  }
}

extension FileDescriptor {
  /// Compares the rest of two files byte by byte.
  func hasSameContent(as other: FileDescriptor) throws(Errno) -> Bool {
    let size = 128 << 10
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * size, alignment: 4096)
    defer { buffer.deallocate() }
    let left = UnsafeMutableRawBufferPointer(rebasing: buffer[..<size])
    let right = UnsafeMutableRawBufferPointer(rebasing: buffer[size...])
    while true {
      let count = try readFully(into: left)
      guard try other.readFully(into: right) == count, left[..<count].elementsEqual(right[..<count]) else {
        return false
      }
      if count < size { return true }
    }
  }
}
