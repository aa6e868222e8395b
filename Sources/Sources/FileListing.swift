import Content
import Linux
import OCI
import SystemPackage

/// The digest of an open file's content; the identity lets an implementation remember it.
package typealias FileDigest = @Sendable (FileDescriptor, FileIdentity) throws -> Digest

/// Every file of a directory with what its content depends on, parents before their children, in byte order.
package struct FileListing: Hashable, Sendable {
  /// One name below the directory.
  struct File: Hashable, Sendable {
    enum Content: Hashable, Sendable {
      case directory
      case file(size: UInt64, Digest)
      case link(target: [UInt8])
      /// A device, a FIFO or a socket, which is never copied.
      case special
    }

    /// Parts separated by slashes, relative to the directory.
    let path: [UInt8]
    let content: Content
    let permissions: UInt32
    let modified: FileStatus.Time
  }

  private(set) var files: [File]

  /// The listing of a component whose binaries depend on nothing, because it has none.
  static let empty = FileListing(files: [])

  private init(files: [File]) { self.files = files }

  /// Walks `directory`; symbolic links are listed, never followed. Blocks.
  ///
  /// - Parameter excluded: names directly below the directory to leave out with all they contain.
  init(of directory: Directory, excluding excluded: Set<String> = [], digest: FileDigest) throws {
    var files: [File] = []
    try Self.list(directory, prefix: [], excluded, digest, into: &files)
    self.files = files
  }

  /// Adds the file that the link `name` leads to, found at `path` of `root`; nothing when `name` is no link.
  mutating func addTarget(of name: String, at path: String, in root: Directory, _ digest: FileDigest) throws {
    guard let link = files.first(where: { $0.path.elementsEqual(name.utf8) }), case .link = link.content else { return }
    let file = try explaining("open", Array(path.utf8)) { () throws(Errno) in try root.file(path, followLast: true) }
    defer { file.closeQuietly() }
    let status = try explaining("read", Array(path.utf8)) { () throws(Errno) in try file.status() }
    let content = File.Content.file(size: status.size, try digest(file, FileIdentity(status)))
    files.append(
      File(path: link.path + "@".utf8, content: content, permissions: status.permissions, modified: status.modified))
  }

  private static func list(
    _ directory: Directory, prefix: [UInt8], _ excluded: Set<String>, _ digest: FileDigest, into files: inout [File]
  ) throws {
    for entry in try explaining("list", prefix, { () throws(Errno) in try directory.entries() }) {
      if excluded.contains(where: { $0.utf8.elementsEqual(entry.name) }) { continue }
      let path = prefix + entry.name
      let status = try explaining("read", path) { () throws(Errno) in try directory.status(ofName: entry.name) }
      let content = try content(of: entry.name, path: path, status, in: directory, digest)
      files.append(
        File(path: path, content: content, permissions: status.permissions, modified: status.modified))
      if content == .directory {
        let child = try explaining("open", path) { () throws(Errno) in try directory.directory(entry.name) }
        try list(child, prefix: path + [UInt8(ascii: "/")], [], digest, into: &files)
      }
    }
  }

  private static func content(
    of name: [UInt8], path: [UInt8], _ status: FileStatus, in directory: Directory, _ digest: FileDigest
  ) throws -> File.Content {
    switch status.kind {
    case .directory: return .directory
    case .symbolicLink:
      return .link(target: try explaining("read", path) { () throws(Errno) in try directory.linkTarget(ofName: name) })
    case .file:
      let file = try explaining("open", path) { () throws(Errno) in try directory.file(name) }
      defer { file.closeQuietly() }
      let status = try explaining("read", path) { () throws(Errno) in try file.status() }
      return .file(size: status.size, try digest(file, FileIdentity(status)))
    default: return .special
    }
  }
}
