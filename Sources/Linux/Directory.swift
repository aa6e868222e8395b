import CLinux
import SystemPackage

/// An open directory, the anchor of every path that is not trusted.
///
/// Two kinds of argument: a *name* is one component (a slash, `.` or `..` in it is `EINVAL`) and is never followed when
/// it is a symbolic link; a *path* may have many components and is resolved by the kernel with `openat2(2)` under the
/// given `Containment`. Owns its descriptor and closes it when the last reference goes.
package final class Directory: Sendable {
  /// Valid for the life of this object; never close it.
  package let descriptor: FileDescriptor

  /// How far the resolution of a path may go.
  package enum Containment: Sendable {
    /// Leaving the directory is an error (`EXDEV`): absolute paths, absolute links and `..` above it.
    case beneath
    /// The directory is the root: absolute paths and links start at it, `..` stops at it, as in a chroot.
    case inRoot
    /// As `beneath`, and no symbolic link anywhere (`ELOOP`).
    case beneathWithoutLinks
    /// No limit; for trusted paths only.
    case unrestricted

    var resolveFlags: UInt64 {
      switch self {
      case .beneath: cl_resolve_beneath | cl_resolve_no_magiclinks
      case .inRoot: cl_resolve_in_root | cl_resolve_no_magiclinks
      case .beneathWithoutLinks: cl_resolve_beneath | cl_resolve_no_magiclinks | cl_resolve_no_symlinks
      case .unrestricted: 0
      }
    }
  }

  /// Takes over an open directory descriptor.
  package init(adopting descriptor: FileDescriptor) { self.descriptor = descriptor }

  /// Opens a trusted path, relative to the working directory of the process.
  package init(at path: some PathText) throws(Errno) {
    descriptor = try Self.open(
      cl_at_fdcwd, path, flags: cl_o_rdonly | cl_o_directory | cl_o_cloexec, permissions: 0, .unrestricted)
  }

  deinit { _ = cl_close(descriptor.rawValue) }

  /// Opens the directory at `path` below this one.
  ///
  /// - Parameter followLast: whether a symbolic link as last component is followed (inside the containment).
  package func directory(
    _ path: some PathText, _ containment: Containment = .beneath, followLast: Bool = false
  ) throws(Errno) -> Directory {
    let flags = cl_o_rdonly | cl_o_directory | cl_o_cloexec | (followLast ? 0 : cl_o_nofollow)
    return Directory(adopting: try Self.open(descriptor.rawValue, path, flags: flags, permissions: 0, containment))
  }

  /// Opens the file at `path` below this directory; the caller closes the descriptor.
  ///
  /// - Parameters:
  ///   - options: `.create`, `.exclusiveCreate`, `.truncate`, `.append`; close-on-exec is always set, and a FIFO does
  ///     not block.
  ///   - followLast: whether a symbolic link as last component is followed (inside the containment).
  package func file(
    _ path: some PathText, _ mode: FileDescriptor.AccessMode = .readOnly, options: FileDescriptor.OpenOptions = [],
    permissions: UInt32 = 0o644, _ containment: Containment = .beneath, followLast: Bool = false
  ) throws(Errno) -> FileDescriptor {
    var flags = UInt64(UInt32(bitPattern: mode.rawValue)) | UInt64(UInt32(bitPattern: options.rawValue))
    flags |= cl_o_cloexec | cl_o_nonblock | (followLast ? 0 : cl_o_nofollow)
    // openat2, unlike openat, refuses a mode that nothing would use.
    let creates = options.contains(.create)
    return try Self.open(
      descriptor.rawValue, path, flags: flags, permissions: creates ? permissions : 0, containment)
  }

  /// Pins whatever `path` names (`O_PATH`), for `status` or as an anchor; the caller closes the descriptor.
  package func pin(
    _ path: some PathText, _ containment: Containment = .beneath, followLast: Bool = false
  ) throws(Errno) -> FileDescriptor {
    let flags = cl_o_path | cl_o_cloexec | (followLast ? 0 : cl_o_nofollow)
    return try Self.open(descriptor.rawValue, path, flags: flags, permissions: 0, containment)
  }

  /// A file without a name in this directory's file system, which vanishes when closed unless `link` names it.
  package func unnamedFile(permissions: UInt32 = 0o600) throws(Errno) -> FileDescriptor {
    let flags = cl_o_rdwr | cl_o_tmpfile | cl_o_cloexec
    return try Self.open(descriptor.rawValue, ".", flags: flags, permissions: permissions, .unrestricted)
  }

  /// A second handle on the same directory, with its own position in the list of entries.
  package func reopened() throws(Errno) -> Directory { try directory(".") }

  private static func open(
    _ base: CInt, _ path: some PathText, flags: UInt64, permissions: UInt32, _ containment: Containment
  ) throws(Errno) -> FileDescriptor {
    let resolve = containment.resolveFlags
    return try path.withCPath { pointer throws(Errno) in
      FileDescriptor(rawValue: try check(cl_openat2(base, pointer, flags, UInt64(permissions), resolve)))
    }
  }
}
