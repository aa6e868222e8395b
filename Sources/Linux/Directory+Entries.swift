import CLinux
import SystemPackage

extension Directory {
  /// A name in a directory, with what the directory itself tells about it.
  package struct Entry: Hashable, Sendable {
    /// Raw bytes; never empty, `.` or `..`.
    package var name: [UInt8]
    /// `.unknown` where the file system does not store it.
    package var kind: FileStatus.Kind
    package var inode: UInt64
  }

  /// All entries, sorted by the bytes of their names, so that what is made from them does not depend on the disk.
  package func entries() throws(Errno) -> [Entry] {
    // An own handle: the position of `descriptor` is shared with everyone who uses this object.
    let handle = try reopened()
    var entries: [Entry] = []
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 8)
    defer { buffer.deallocate() }
    while true {
      let count = try check(cl_getdents64(handle.descriptor.rawValue, buffer.baseAddress, buffer.count))
      if count == 0 { break }
      Self.parse(UnsafeRawBufferPointer(rebasing: buffer[..<Int(count)]), into: &entries)
    }
    entries.sort { $0.name.lexicographicallyPrecedes($1.name) }
    return entries
  }

  /// Appends the records of `struct linux_dirent64`: inode 8, offset 8, record length 2, type 1, name with NUL.
  private static func parse(_ records: UnsafeRawBufferPointer, into entries: inout [Entry]) {
    var offset = 0
    while offset + 19 <= records.count {
      let length = Int(records.loadUnaligned(fromByteOffset: offset + 16, as: UInt16.self))
      guard length > 19, offset + length <= records.count else { return }
      let name = Array(records[(offset + 19)..<(offset + length)].prefix { $0 != 0 })
      if name != [0x2E] && name != [0x2E, 0x2E] {
        entries.append(
          Entry(
            name: name, kind: FileStatus.Kind(directoryEntryType: records[offset + 18]),
            inode: records.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
      }
      offset += length
    }
  }

  /// The status of a single name, of the link itself when it is one.
  package func status(ofName name: some PathText) throws(Errno) -> FileStatus {
    try checkName(name) { pointer throws(Errno) in
      var raw = cl_status()
      try check(cl_statx(descriptor.rawValue, pointer, 0, &raw))
      return FileStatus(raw)
    }
  }

  /// The status of what `path` names; nil when nothing is there.
  package func status(
    of path: some PathText, _ containment: Containment = .beneath, followLast: Bool = false
  ) throws(Errno) -> FileStatus? {
    let pinned: FileDescriptor
    do {
      pinned = try pin(path, containment, followLast: followLast)
    } catch .noSuchFileOrDirectory, .notDirectory {
      return nil
    }
    defer { _ = cl_close(pinned.rawValue) }
    return try pinned.status()
  }

  /// The status of the directory itself.
  package func status() throws(Errno) -> FileStatus { try descriptor.status() }

  /// The target of the symbolic link `name`, as stored.
  package func linkTarget(ofName name: some PathText) throws(Errno) -> [UInt8] {
    try checkName(name) { pointer throws(Errno) in
      // Linux limits a target to one page; a full buffer means that it did not fit.
      var buffer = [CChar](repeating: 0, count: 4097)
      let count = Int(try check(cl_readlinkat(descriptor.rawValue, pointer, &buffer, buffer.count)))
      guard count < buffer.count else { throw .fileNameTooLong }
      return buffer[..<count].map { UInt8(bitPattern: $0) }
    }
  }
}
