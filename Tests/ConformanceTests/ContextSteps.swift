import Foundation
import Layers
import Linux
import SystemPackage

/// One change to a build context before a build.
struct ContextStep: Decodable, Sendable {
  struct Member: Decodable, Sendable {
    let name: String
    let type: String
    let mode: String?
    let uid: UInt32?
    let gid: UInt32?
    let mtime: Int64?
    let content: String?
    let link: String?
  }

  let op: String
  let path: String
  let mode: String?
  let content: String?
  let content_base64: String?
  let target: String?
  let unix: Int64?
  let uid: UInt32?
  let gid: UInt32?
  let xattrs: [String: String]?
  let entries: [Member]?

  struct Unknown: Error { let operation: String }

  /// Carries the step out below `root`; `text` fills in placeholders.
  func apply(to root: Directory, _ text: (String) -> String = { $0 }) throws {
    var parts = path.split(separator: "/").map(String.init)
    guard let name = parts.popLast() else { return }
    let parent = try parts.reduce(root) { try $0.ensureDirectory($1) }
    switch op {
    case "mkdir", "dir":
      _ = try parent.ensureDirectory(name)
      try setMode(of: name, in: parent, default: 0o755)
    case "write", "file", "write_base64":
      let bytes = content_base64.flatMap { Data(base64Encoded: $0) }.map { [UInt8]($0) }
      try write(bytes ?? Array(text(content ?? "").utf8), name, in: parent)
    case "symlink": try parent.makeSymbolicLink(name, to: text(target ?? ""))
    case "chmod": try setMode(of: name, in: parent, default: 0o644)
    case "chown": try parent.setOwner(name, uid: uid ?? 0, gid: gid ?? 0)
    case "mtime": try parent.setModified(name, FileStatus.Time(seconds: unix ?? 0, nanoseconds: 0))
    case "setxattr":
      for (key, value) in xattrs ?? [:] {
        try parent.setExtendedAttribute(
          ExtendedAttribute(name: Array(key.utf8), value: Array(value.utf8)), ofName: name)
      }
    case "tar": try write(RawArchive.bytes(of: entries ?? [], text), name, in: parent)
    default: throw Unknown(operation: op)
    }
  }

  private func setMode(of name: String, in parent: Directory, default mode: UInt32) throws {
    try parent.setPermissions(name, self.mode.flatMap { UInt32($0, radix: 8) } ?? mode)
  }

  private func write(_ bytes: [UInt8], _ name: String, in parent: Directory) throws {
    let file = try parent.file(name, .writeOnly, options: [.create, .truncate])
    defer { file.closeQuietly() }
    try file.writeFully(bytes)
    try setMode(of: name, in: parent, default: 0o644)
  }
}

/// Archives with names as given, however hostile: our own writer would not write them.
enum RawArchive {
  static func bytes(of members: [ContextStep.Member], _ text: (String) -> String = { $0 }) -> [UInt8] {
    var archive: [UInt8] = []
    for member in members {
      let content = Array(text(member.content ?? "").utf8)
      archive += header(member, size: content.count, text) + content
      archive += [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }
    return archive + [UInt8](repeating: 0, count: 1024)
  }

  private static let flags = ["file": "0", "hardlink": "1", "symlink": "2", "dir": "5"]

  private static func header(_ member: ContextStep.Member, size: Int, _ text: (String) -> String) -> [UInt8] {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at offset: Int, limit: Int) {
      for (index, byte) in text.utf8.prefix(limit).enumerated() { header[offset + index] = byte }
    }
    func octal(_ value: Int64, digits: Int) -> String {
      let text = String(value, radix: 8)
      return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }
    let isDirectory = member.type == "dir"
    let mode = member.mode.flatMap { Int64($0, radix: 8) } ?? (isDirectory ? 0o755 : 0o644)
    put(text(member.name), at: 0, limit: 100)
    put(octal(mode, digits: 7), at: 100, limit: 7)
    put(octal(Int64(member.uid ?? 0), digits: 7), at: 108, limit: 7)
    put(octal(Int64(member.gid ?? 0), digits: 7), at: 116, limit: 7)
    put(octal(Int64(size), digits: 11), at: 124, limit: 11)
    put(octal(member.mtime ?? 0, digits: 11), at: 136, limit: 11)
    put("        ", at: 148, limit: 8)
    put(flags[member.type] ?? "0", at: 156, limit: 1)
    put(text(member.link ?? ""), at: 157, limit: 100)
    put("ustar\0" + "00", at: 257, limit: 8)
    put(octal(header.reduce(0) { $0 + Int64($1) }, digits: 6) + "\0", at: 148, limit: 7)
    return header
  }
}

extension Directory {
  /// Copies what is at a path of this machine into this directory, under another name; modes become 0755 or 0644.
  func copyTree(from path: String, to name: String) throws {
    let copy = try ensureDirectory(name)
    for item in try FileManager.default.contentsOfDirectory(atPath: path).sorted() {
      let source = FilePath(path).appending(item)
      let status = try Directory(at: FilePath(path)).status(ofName: item)
      switch status.kind {
      case .directory: try copy.copyTree(from: source.string, to: item)
      case .symbolicLink:
        try copy.makeSymbolicLink(item, to: Directory(at: FilePath(path)).linkTarget(ofName: item))
      default:
        let input = try FileDescriptor.open(source, .readOnly)
        defer { input.closeQuietly() }
        let output = try copy.file(item, .writeOnly, options: [.create, .truncate])
        defer { output.closeQuietly() }
        _ = try output.copyContents(of: input)
        try output.setPermissions(status.permissions & 0o111 == 0 ? 0o644 : 0o755)
      }
    }
  }
}
