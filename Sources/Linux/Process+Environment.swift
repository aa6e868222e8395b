import CLinux
import Glibc
import SystemPackage

/// The directory for temporary files: `$TMPDIR` when it is an absolute path, else `/tmp`.
package func temporaryRoot() -> FilePath {
  if let value = getenv("TMPDIR") {
    let path = FilePath(platformString: value)
    if path.isAbsolute { return path }
  }
  return "/tmp"
}

/// Facts about this process and kernel that decide what can be done.
package enum Machine {
  /// The effective user: 0 is root of the current user namespace.
  package static var effectiveUser: UInt32 { cl_geteuid() }
  package static var effectiveGroup: UInt32 { cl_getegid() }
  package static var processIdentifier: CInt { cl_getpid() }

  /// The running kernel's release as far as features are concerned.
  package struct KernelVersion: Comparable, Hashable, Sendable, CustomStringConvertible {
    package var major: UInt32
    package var minor: UInt32

    package init(_ major: UInt32, _ minor: UInt32) {
      self.major = major
      self.minor = minor
    }

    package static func < (left: KernelVersion, right: KernelVersion) -> Bool {
      (left.major, left.minor) < (right.major, right.minor)
    }

    package var description: String { "\(major).\(minor)" }
  }

  /// Version of the running kernel; 0.0 when its release is not numeric.
  package static let kernelVersion: KernelVersion = {
    var version = KernelVersion(0, 0)
    _ = cl_kernel_version(&version.major, &version.minor)
    return version
  }()
}
