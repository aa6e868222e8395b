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
  /// A variable of this process's environment; nil when it is not set.
  package static func environment(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }

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

extension Machine {
  /// A random identifier that the kernel chose at boot; empty where /proc does not tell.
  package static let bootIdentifier: [UInt8] = contents(of: "/proc/sys/kernel/random/boot_id")

  /// Whether user ids mean here what they mean to the file systems of the machine.
  package static var isInInitialUserNamespace: Bool {
    let map = contents(of: "/proc/self/uid_map").split(whereSeparator: { $0 == 0x20 || $0 == 0x0A }).map {
      String(decoding: $0, as: UTF8.self)
    }
    return map == ["0", "0", "4294967295"]
  }

  /// A small file of /proc or /sys; empty when it cannot be read.
  package static func contents(of path: FilePath) -> [UInt8] {
    guard let file = try? FileDescriptor.open(path, .readOnly, options: [.closeOnExec]) else { return [] }
    defer { file.closeQuietly() }
    return (try? file.readAll(limit: 1 << 20)) ?? []
  }
}
