import CLinux
import SystemPackage

extension Directory {
  /// Removes `name` and everything below it, never following a link; nothing there is success.
  ///
  /// Directories without write or search permission are opened up first, as `rm -rf` of an unpacked image needs when
  /// not running as root. The walk keeps one open descriptor per level, at most `maximumDepth`.
  package func removeTree(_ name: some PathText) throws(Errno) {
    try removeTree(name, depth: 0)
  }

  private static var maximumDepth: Int { 512 }

  private func removeTree(_ name: some PathText, depth: Int) throws(Errno) {
    guard depth < Self.maximumDepth else { throw .fileNameTooLong }
    do {
      return try removeFile(name)
    } catch .noSuchFileOrDirectory {
      return
    } catch .isDirectory, .notPermitted {
      // unlink of a directory: EISDIR on Linux, EPERM by POSIX
    }
    let inner: Directory
    do {
      inner = try directory(name)
    } catch .permissionDenied {
      try setPermissions(name, 0o700)
      inner = try directory(name)
    }
    var opened = false
    for entry in try inner.entries() {
      do {
        try inner.removeTree(entry.name, depth: depth + 1)
      } catch .permissionDenied where !opened {
        opened = true
        try check(cl_fchmod(inner.descriptor.rawValue, 0o700))
        try inner.removeTree(entry.name, depth: depth + 1)
      }
    }
    do {
      try removeDirectory(name)
    } catch .noSuchFileOrDirectory {
      // Another process cleaned up at the same time.
    }
  }
}
