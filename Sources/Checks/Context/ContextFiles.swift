/// Reading access to the names in a build context.
///
/// Paths are relative, parts separated by single slashes, empty for the context itself. An implementation must not let a
/// symbolic link lead outside; one that would is taken as if the context were the root of the file system.
package protocol ContextFiles: Sendable {
  /// What is at a path, after following links; nil when nothing is there.
  func kind(of path: [UInt8]) -> ContextEntryKind?

  /// The names in a directory, without `.` and `..`, in any order; empty when it cannot be read.
  func names(in directory: [UInt8]) -> [[UInt8]]
}

/// What a name in a build context stands for.
package enum ContextEntryKind: Hashable, Sendable {
  case directory
  case file
  /// A device, a socket, or a link that leads nowhere.
  case other
}
