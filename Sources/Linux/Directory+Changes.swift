import CLinux
import SystemPackage

extension Directory {
  /// Makes a directory; the mode is subject to the umask, so use `setPermissions` where it matters.
  package func makeDirectory(_ name: some PathText, permissions: UInt32 = 0o755) throws(Errno) {
    try checkName(name) { pointer throws(Errno) in _ = try check(cl_mkdirat(descriptor.rawValue, pointer, permissions))
    }
  }

  /// Makes a directory unless one is there already, and opens it.
  package func ensureDirectory(_ name: some PathText, permissions: UInt32 = 0o755) throws(Errno) -> Directory {
    do {
      try makeDirectory(name, permissions: permissions)
    } catch .fileExists {
      // Whether it is a directory is what opening it tells.
    }
    return try directory(name)
  }

  /// Makes a symbolic link with exactly these bytes as target.
  package func makeSymbolicLink(_ name: some PathText, to target: some PathText) throws(Errno) {
    try checkName(name) { pointer throws(Errno) in
      _ = try target.withCPath { target throws(Errno) in try check(cl_symlinkat(target, descriptor.rawValue, pointer)) }
    }
  }

  /// Makes another name for the file `existing` of `other`; a symbolic link is linked itself.
  package func makeHardLink(
    _ name: some PathText, to existing: some PathText, in other: Directory
  ) throws(Errno) {
    try checkName(name) { new throws(Errno) in
      _ = try checkName(existing) { old throws(Errno) in
        try check(cl_linkat(other.descriptor.rawValue, old, descriptor.rawValue, new))
      }
    }
  }

  /// Gives an `unnamedFile` a name; `EEXIST` when the name is taken.
  package func link(_ file: FileDescriptor, as name: some PathText) throws(Errno) {
    try checkName(name) { pointer throws(Errno) in
      _ = try check(cl_link_descriptor(file.rawValue, descriptor.rawValue, pointer))
    }
  }

  /// Makes a FIFO, a device or a socket. Devices other than the whiteout 0/0 need real root.
  package func makeNode(
    _ name: some PathText, _ kind: FileStatus.Kind, permissions: UInt32 = 0o600,
    device: FileStatus.Device = .init(major: 0, minor: 0)
  ) throws(Errno) {
    let type: UInt32
    switch kind {
    case .character: type = 0o020000
    case .block: type = 0o060000
    case .fifo: type = 0o010000
    case .socket: type = 0o140000
    default: throw .invalidArgument
    }
    try checkName(name) { pointer throws(Errno) in
      _ = try check(cl_mknodat(descriptor.rawValue, pointer, type | permissions, device.major, device.minor))
    }
  }

  package func setOwner(_ name: some PathText, uid: UInt32, gid: UInt32) throws(Errno) {
    try checkName(name) { pointer throws(Errno) in _ = try check(cl_fchownat(descriptor.rawValue, pointer, uid, gid)) }
  }

  /// Sets `mode & 0o7777`; `ELOOP` for a symbolic link, which has no mode.
  package func setPermissions(_ name: some PathText, _ permissions: UInt32) throws(Errno) {
    try checkName(name) { pointer throws(Errno) in _ = try check(cl_fchmodat(descriptor.rawValue, pointer, permissions))
    }
  }

  package func setModified(_ name: some PathText, _ time: FileStatus.Time) throws(Errno) {
    try checkName(name) { pointer throws(Errno) in
      _ = try check(cl_utimensat(descriptor.rawValue, pointer, time.seconds, time.nanoseconds))
    }
  }

  /// What happens when the new name of a `rename` is taken.
  package enum RenameRule: Sendable {
    /// A file is replaced atomically, so is an empty directory.
    case replace
    /// `EEXIST`.
    case noReplace
    /// Both names change places.
    case exchange
  }

  /// Renames atomically within one file system.
  package func rename(
    _ name: some PathText, to newName: some PathText, in other: Directory? = nil, _ rule: RenameRule = .replace
  ) throws(Errno) {
    let flags: UInt32 =
      switch rule {
      case .replace: 0
      case .noReplace: cl_rename_noreplace
      case .exchange: cl_rename_exchange
      }
    let target = (other ?? self).descriptor.rawValue
    try checkName(name) { old throws(Errno) in
      _ = try checkName(newName) { new throws(Errno) in
        try check(cl_renameat2(descriptor.rawValue, old, target, new, flags))
      }
    }
  }

  /// Removes a name that is not a directory.
  package func removeFile(_ name: some PathText) throws(Errno) {
    try checkName(name) { pointer throws(Errno) in _ = try check(cl_unlinkat(descriptor.rawValue, pointer, 0)) }
  }

  /// Removes an empty directory.
  package func removeDirectory(_ name: some PathText) throws(Errno) {
    try checkName(name) { pointer throws(Errno) in
      _ = try check(cl_unlinkat(descriptor.rawValue, pointer, cl_at_removedir))
    }
  }
}
