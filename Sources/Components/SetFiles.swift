/// Reading access to the directory of a set, so that discovery runs on a real directory and on one in memory.
///
/// Paths are relative to the set's directory, parts separated by single slashes, empty for the directory itself. An
/// implementation must not let a path or a symbolic link lead outside that directory.
package protocol SetFiles {
  /// What `directory` contains, without `.` and `..`, in any order.
  func entries(of directory: String) throws -> [SetEntry]

  /// The bytes of a regular file.
  ///
  /// - Throws: also when the file is larger than `limit` bytes.
  func contents(of file: String, limit: Int) throws -> [UInt8]
}

/// One name in a directory, with what it leads to after following symbolic links.
package struct SetEntry: Hashable, Sendable {
  /// What a name stands for.
  package enum Kind: Hashable, Sendable {
    case directory
    case file(isExecutable: Bool)
    /// A device, a socket, or a link that leads nowhere or outside the set.
    case other
  }

  /// The name's bytes as the file system has them.
  package let name: [UInt8]
  package let kind: Kind

  package init(name: [UInt8], kind: Kind) {
    self.name = name
    self.kind = kind
  }

  /// Whether this is a regular file, executable or not.
  package var isFile: Bool { if case .file = kind { true } else { false } }
}
