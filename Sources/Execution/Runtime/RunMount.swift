import Layers
import SystemPackage

/// A `RUN --mount`: something that is there during the step and never part of its layer.
///
/// Implements the mount types of the
/// [Dockerfile reference, "RUN --mount"](https://docs.docker.com/reference/dockerfile/#run---mount).
package struct RunMount: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    /// A file or directory of the context. Writes are possible only with `writable` and are thrown away; of a directory
    /// the paths `hidden` are not there.
    case bind(source: FilePath, writable: Bool, hidden: [EntryPath] = [])
    /// A path in another stage: its snapshots, lowest first. Writes as for `bind`.
    case stage(lowers: [FilePath], path: [UInt8], writable: Bool)
    /// A directory that is kept between runs.
    case cache(CacheDirectory)
    /// - Parameter size: limit in bytes, nil for the kernel's default.
    case tmpfs(size: UInt64?, permissions: UInt32)
    /// A socket that leads to the one of an SSH agent on this machine.
    case agent(socket: FilePath, permissions: UInt32, uid: UInt32, gid: UInt32)
    /// A file with these bytes that is never written to a disk.
    case secret(content: [UInt8], permissions: UInt32, uid: UInt32, gid: UInt32)
  }

  package var kind: Kind
  /// Absolute path inside the image.
  package var target: String
  package var readOnly: Bool

  package init(_ kind: Kind, target: String, readOnly: Bool = false) {
    self.kind = kind
    self.target = target
    self.readOnly = readOnly
  }
}

/// What happens when two steps want the same cache directory at the same time.
package enum CacheSharing: String, Sendable, Hashable, CaseIterable {
  /// Both use it.
  case shared
  /// The second one gets a directory of its own.
  case `private`
  /// The second one waits.
  case locked

  /// Which of two wishes of one step for the same cache counts.
  var strictness: Int {
    switch self {
    case .shared: 0
    case .private: 1
    case .locked: 2
    }
  }
}
