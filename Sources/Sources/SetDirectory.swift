import Components
import Linux
import SystemPackage

/// The directory of a set on disk; the kernel keeps every path and link inside it.
///
/// Its methods block: discover a set on the `BlockingPool`.
package struct SetDirectory: SetFiles, Sendable {
  private let root: Directory

  /// - Throws: `PathError` when `path` is no directory that can be read.
  package init(at path: FilePath) throws(PathError) {
    root = try explaining("open the set's directory", path.bytes) { () throws(Errno) in try Directory(at: path) }
  }

  package func entries(of directory: String) throws -> [SetEntry] {
    let opened = try open(directory)
    return try explaining("list", Array(directory.utf8)) { () throws(Errno) in
      try opened.entries().map { entry throws(Errno) in
        let path = directory.isEmpty ? entry.name : Array(directory.utf8) + [UInt8(ascii: "/")] + entry.name
        return SetEntry(name: entry.name, kind: try kind(of: path))
      }
    }
  }

  package func contents(of file: String, limit: Int) throws -> [UInt8] {
    try explaining("read", Array(file.utf8)) { () throws(Errno) in
      let descriptor = try root.file(file, followLast: true)
      defer { descriptor.closeQuietly() }
      guard try descriptor.status().kind == .file else { throw .invalidArgument }
      return try descriptor.readAll(limit: limit)
    }
  }

  private func open(_ directory: String) throws(PathError) -> Directory {
    if directory.isEmpty { return root }
    return try explaining("open", Array(directory.utf8)) { () throws(Errno) in
      try root.directory(directory, followLast: true)
    }
  }

  /// What a path leads to; links that leave the set or run in circles lead nowhere.
  private func kind(of path: [UInt8]) throws(Errno) -> SetEntry.Kind {
    let status: FileStatus?
    do { status = try root.status(of: path, followLast: true) } catch .improperLink, .tooManySymbolicLinkLevels {
      return .other
    }
    return switch status?.kind {
    case .directory: .directory
    case .file: .file(isExecutable: (status?.permissions ?? 0) & 0o111 != 0)
    default: .other
    }
  }
}
