import CLinux
import SystemPackage

extension FileDescriptor {
  /// The status of the open file.
  package func status() throws(Errno) -> FileStatus {
    var raw = cl_status()
    try check(cl_fstatx(rawValue, &raw))
    return FileStatus(raw)
  }

  package func setOwner(uid: UInt32, gid: UInt32) throws(Errno) { try check(cl_fchown(rawValue, uid, gid)) }

  /// Sets `mode & 0o7777`, whatever the umask. After `setOwner`, which clears set-id bits.
  package func setPermissions(_ permissions: UInt32) throws(Errno) { try check(cl_fchmod(rawValue, permissions)) }

  package func setModified(_ time: FileStatus.Time) throws(Errno) {
    try check(cl_futimens(rawValue, time.seconds, time.nanoseconds))
  }

  package func setExtendedAttribute(_ attribute: ExtendedAttribute) throws(Errno) {
    _ = try attribute.name.withCPath { name throws(Errno) in
      try check(cl_fsetxattr(rawValue, name, attribute.value, attribute.value.count))
    }
  }

  /// Reads until `buffer` is full or the file ends; returns the number of bytes.
  package func readFully(into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Int {
    var filled = 0
    while filled < buffer.count {
      let count = try check(cl_read(rawValue, buffer.baseAddress.map { $0 + filled }, buffer.count - filled))
      if count == 0 { break }
      filled += Int(count)
    }
    return filled
  }

  /// One `read(2)`: 0 at the end of the file.
  package func readSome(into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Int {
    Int(try check(cl_read(rawValue, buffer.baseAddress, buffer.count)))
  }

  /// One `pread(2)` at `offset`, which does not move the file's position.
  package func readSome(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(Errno) -> Int {
    Int(try check(cl_pread(rawValue, buffer.baseAddress, buffer.count, offset)))
  }

  /// Writes all bytes.
  package func writeFully(_ bytes: UnsafeRawBufferPointer) throws(Errno) {
    var written = 0
    while written < bytes.count {
      written += Int(try check(cl_write(rawValue, bytes.baseAddress.map { $0 + written }, bytes.count - written)))
    }
  }

  /// Writes all bytes.
  package func writeFully(_ bytes: [UInt8]) throws(Errno) {
    try bytes.withUnsafeBufferPointer { buffer throws(Errno) in
      try writeFully(UnsafeRawBufferPointer(buffer))
    }
  }

  /// Everything from the current position on.
  ///
  /// - Throws: `EFBIG` when there are more than `limit` bytes.
  package func readAll(limit: Int) throws(Errno) -> [UInt8] {
    var result: [UInt8] = []
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    defer { buffer.deallocate() }
    while true {
      let count = try readSome(into: buffer)
      if count == 0 { return result }
      guard result.count + count <= limit else { throw .fileTooLarge }
      result.append(contentsOf: buffer[..<count])
    }
  }

  /// Flushes content and metadata to the disk.
  package func synchronize() throws(Errno) { try check(cl_fsync(rawValue)) }

  /// Flushes the whole file system that holds this file, which is cheaper than one `synchronize` per file of a tree.
  package func synchronizeFileSystem() throws(Errno) { try check(cl_syncfs(rawValue)) }

  package func truncate(to size: Int64) throws(Errno) { try check(cl_ftruncate(rawValue, size)) }

  /// Closes without reporting: for read-only descriptors and error paths.
  package func closeQuietly() { _ = cl_close(rawValue) }

  /// Copies the whole of `source` here, sharing blocks where the file system can; returns the bytes copied.
  package func copyContents(of source: FileDescriptor) throws(Errno) -> Int64 {
    if cl_clone_file(source.rawValue, rawValue) == 0 { return Int64(try source.status().size) }
    var offset: Int64 = 0
    while true {
      let count = cl_copy_file_range(source.rawValue, offset, rawValue, offset, 1 << 30)
      if count == 0 { return offset }
      if count < 0 {
        // Across file systems, or one that lacks the call: through a buffer, from where we are.
        return try copyThroughBuffer(from: source, offset: offset)
      }
      offset += count
    }
  }

  private func copyThroughBuffer(from source: FileDescriptor, offset: Int64) throws(Errno) -> Int64 {
    var offset = offset
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 4096)
    defer { buffer.deallocate() }
    do { try seek(offset: offset, from: .start) } catch { throw error as? Errno ?? .ioError }
    while true {
      let count = try source.readSome(into: buffer, at: offset)
      if count == 0 { return offset }
      try writeFully(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      offset += Int64(count)
    }
  }
}
