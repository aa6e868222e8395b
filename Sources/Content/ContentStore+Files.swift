import Glibc
import Linux
import SystemPackage

extension ContentStore {
  /// Creates a directory and its missing parents; one that exists is left as it is.
  ///
  /// - Throws: `Errno` with which the kernel refused.
  package static func makeDirectories(_ path: FilePath) throws {
    if mkdir(path.string, 0o755) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, path.removingLastComponent() != path, !path.removingLastComponent().isEmpty else {
      throw Errno(rawValue: errno)
    }
    try makeDirectories(path.removingLastComponent())
    if mkdir(path.string, 0o755) != 0, errno != EEXIST { throw Errno(rawValue: errno) }
  }

  /// Reads a whole file of the store's own.
  ///
  /// - Throws: `Errno`; `ContentError.tooLarge` when it is over `limit` bytes.
  static func readFile(_ path: FilePath, limit: Int) throws -> [UInt8] {
    let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
    return try file.closeAfter { try file.readWhole(limit: limit) }
  }

  /// Creates a private file whose name begins with `prefix`; the caller closes it and renames or removes it.
  static func makeTemporaryFile(_ prefix: FilePath) throws -> (FileDescriptor, FilePath) {
    var template = Array((prefix.string + "XXXXXX").utf8CString)
    let file = mkstemp(&template)
    guard file >= 0 else { throw Errno(rawValue: errno) }
    _ = fcntl(file, F_SETFD, FD_CLOEXEC)
    return (FileDescriptor(rawValue: file), FilePath(platformString: template))
  }

  /// Puts a small file in place as a whole: readers see the old content or the new, never a part.
  static func replaceFile(_ path: FilePath, with bytes: [UInt8]) throws {
    let (file, temporary) = try makeTemporaryFile(FilePath(path.string + "."))
    do {
      try file.closeAfter {
        _ = try file.writeAll(bytes)
        guard fchmod(file.rawValue, 0o644) == 0, fdatasync(file.rawValue) == 0 else { throw Errno(rawValue: errno) }
      }
      guard rename(temporary.string, path.string) == 0 else { throw Errno(rawValue: errno) }
    } catch {
      unlink(temporary.string)
      throw error
    }
  }
}

extension FileDescriptor {
  /// Reads from the current offset to the end.
  ///
  /// - Throws: `Errno`; `ContentError.tooLarge` when there are more than `limit` bytes.
  func readWhole(limit: Int) throws -> [UInt8] {
    do {
      return try readAll(limit: limit)
    } catch {
      throw error == .fileTooLarge ? ContentError.tooLarge(limit: limit) : error
    }
  }
}
