import CLinux
import SystemPackage

/// A program to run in PID and mount namespaces of its own, of which nothing outlives the run.
///
/// The init of the namespaces performs `actions`, then starts the program as its child and reaps. It is killed with the
/// thread that started it, hence with this process, even by SIGKILL: mounts and processes go with it.
package struct IsolatedProgram: Sendable {
  /// Done in order before the program starts, seen only in its mount namespace.
  package var actions: [NamespaceAction]
  /// When set, `innerActions` and the program run in a user namespace of their own with this mapping.
  package var userMapping: UserMapping?
  /// Done in the inner user namespace; empty without `userMapping`.
  package var innerActions: [NamespaceAction]
  /// The program's path and its arguments.
  package var arguments: [[UInt8]]
  /// `NAME=value`; nothing is inherited.
  package var environment: [[UInt8]]

  package init(
    actions: [NamespaceAction], userMapping: UserMapping? = nil, innerActions: [NamespaceAction] = [],
    arguments: [[UInt8]], environment: [[UInt8]]
  ) {
    precondition(!arguments.isEmpty, "a program has at least its own path as argument")
    precondition(userMapping != nil || innerActions.isEmpty, "inner actions need a user namespace")
    self.actions = actions
    self.userMapping = userMapping
    self.innerActions = innerActions
    self.arguments = arguments
    self.environment = environment
  }
}

/// One step of preparing a mount namespace. Targets are trusted paths of this machine.
package enum NamespaceAction: Hashable, Sendable {
  /// - Parameters:
  ///   - lowers: highest first, at least one.
  ///   - userAttributes: keep overlay's own attributes as `user.overlay.*`, which a user namespace may write.
  ///   - upper: where changes go, with its work directory; nil mounts the lowers read-only, which takes at least two.
  case overlay(lowers: [FilePath], upper: OverlayUpper?, target: FilePath, userAttributes: Bool)
  case bind(source: FilePath, target: FilePath, readOnly: Bool, recursive: Bool)
  /// A new file system of a type (`proc`, `tmpfs`, `binfmt_misc`), without set-id programs, devices and executables.
  case mount(type: String, target: FilePath, options: String)
  /// Writes these bytes (no NUL) with one call to an existing file.
  case write(content: [UInt8], target: FilePath)
  case unmount(target: FilePath)
  case makeDirectory(target: FilePath)
  /// Makes a file with any bytes, owner and mode; on a tmpfs for what must not reach a disk.
  case createFile(content: [UInt8], target: FilePath, permissions: UInt32, uid: UInt32, gid: UInt32)

  /// What the action does, for error messages.
  package var description: String {
    switch self {
    case .overlay(_, _, let target, _): "mount overlay on '\(target)'"
    case .bind(let source, let target, _, _): "bind '\(source)' on '\(target)'"
    case .mount(let type, let target, _): "mount \(type) on '\(target)'"
    case .write(_, let target): "write to '\(target)'"
    case .unmount(let target): "unmount '\(target)'"
    case .makeDirectory(let target): "create directory '\(target)'"
    case .createFile(_, let target, _, _, _): "create '\(target)'"
    }
  }
}

/// The writable part of an overlay; both directories are on one file system, `work` is empty and of no other use.
package struct OverlayUpper: Hashable, Sendable {
  package var upper: FilePath
  package var work: FilePath

  package init(upper: FilePath, work: FilePath) {
    self.upper = upper
    self.work = work
  }
}

/// Lines of `uid_map` and `gid_map`: inside, outside, count.
package struct UserMapping: Hashable, Sendable {
  package var uidMap: String
  package var gidMap: String

  package init(uidMap: String, gidMap: String) {
    self.uidMap = uidMap
    self.gidMap = gidMap
  }
}

/// Why an isolated program did not start.
package struct LaunchError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was being done, imperative and lower case.
  package var action: String
  package var errno: Errno

  package init(action: String, errno: Errno) {
    self.action = action
    self.errno = errno
  }

  package var description: String { "cannot \(action): \(errno)" }
}
