import Linux
import SystemPackage
import Testing

@Suite("directories")
struct DirectoryTests {
  private func write(_ text: String, _ name: String, in directory: Directory) throws {
    let file = try directory.file(name, .writeOnly, options: [.create, .truncate])
    defer { file.closeQuietly() }
    try file.writeFully(Array(text.utf8))
  }

  private func read(_ file: FileDescriptor) throws -> String {
    defer { file.closeQuietly() }
    return String(decoding: try file.readAll(limit: 1000), as: UTF8.self)
  }

  @Test("entries are sorted by bytes, names need not be UTF-8")
  func entries() async throws {
    try await withTemporaryDirectory { _, directory in
      let names: [[UInt8]] = [[0xFF, 0x80], [0x61], [0x42], [0x61, 0x0A, 0x62], [0xC3, 0xA9]]
      for name in names { try directory.makeDirectory(name) }
      #expect(try directory.entries().map(\.name) == names.sorted { $0.lexicographicallyPrecedes($1) })
      #expect(try directory.entries().allSatisfy { $0.kind == .directory })
    }
  }

  @Test("hundreds of entries are listed whole", arguments: [0, 1, 3000])
  func manyEntries(count: Int) async throws {
    try await withTemporaryDirectory { _, directory in
      for index in 0..<count { try write("", "a-rather-long-file-name-\(index)", in: directory) }
      #expect(try directory.entries().count == count)
    }
  }

  @Test("a name is one component", arguments: ["a/b", "..", ".", "", "/etc", "a\0b"])
  func names(name: String) async throws {
    try await withTemporaryDirectory { _, directory in
      #expect(throws: Errno.invalidArgument) { try directory.makeDirectory(name) }
      #expect(throws: Errno.invalidArgument) { try directory.removeTree(name) }
      #expect(throws: Errno.invalidArgument) { try directory.status(ofName: name) }
    }
  }

  @Test(
    "paths cannot leave the directory",
    arguments: [
      ("/outside", Errno(rawValue: 18)), ("../outside", Errno(rawValue: 18)), ("up/outside", Errno(rawValue: 18)),
      ("absolute", Errno.tooManySymbolicLinkLevels),
    ])
  func beneath(path: String, expected: Errno) async throws {
    try await withTemporaryDirectory { _, outer in
      try write("secret", "outside", in: outer)
      let inner = try outer.ensureDirectory("inner")
      try inner.makeSymbolicLink("up", to: "..")
      try inner.makeSymbolicLink("absolute", to: "/etc/passwd")
      #expect(throws: expected) { try inner.file(path) }
    }
  }

  @Test("a root contains absolute paths, links and dot-dot")
  func inRoot() async throws {
    try await withTemporaryDirectory { _, outer in
      try write("outer", "file", in: outer)
      let root = try outer.ensureDirectory("root")
      try write("inner", "file", in: root)
      try root.makeSymbolicLink("link", to: "/../../file")
      for path in ["/file", "../file", "../../../file", "link"] {
        #expect(try read(root.file(path, .readOnly, .inRoot, followLast: true)) == "inner")
      }
      #expect(throws: Errno.tooManySymbolicLinkLevels) { try root.file("link", .readOnly, .inRoot) }
    }
  }

  @Test("magic links of /proc are refused")
  func magicLinks() throws {
    let process = try Directory(at: "/proc/self")
    #expect(throws: Errno.self) { try process.file("root/etc/passwd", .readOnly, .beneath, followLast: true) }
  }

  @Test("status of a missing path is nil")
  func missing() async throws {
    try await withTemporaryDirectory { _, directory in
      #expect(try directory.status(of: "a/b") == nil)
      try write("12345", "file", in: directory)
      #expect(try directory.status(of: "file")?.size == 5)
      #expect(try directory.status(of: "file/below") == nil)
    }
  }

  @Test("modes, times, links and attributes survive")
  func metadata() async throws {
    try await withTemporaryDirectory { _, directory in
      try write("x", "file", in: directory)
      let comment = ExtendedAttribute(name: Array("user.comment".utf8), value: [0, 1, 2, 255])
      let large = ExtendedAttribute(
        name: Array("user.large".utf8), value: [UInt8](repeating: 7, count: 1000))
      try directory.setExtendedAttribute(large, ofName: "file")
      try directory.setExtendedAttribute(comment, ofName: "file")
      #expect(try directory.extendedAttributes(ofName: "file") == [comment, large])
      try directory.setPermissions("file", 0o4751)
      try directory.setModified("file", .init(seconds: -5, nanoseconds: 999))
      try directory.makeHardLink("other", to: "file", in: directory)
      try directory.makeSymbolicLink("link", to: "file")
      let status = try directory.status(ofName: "other")
      #expect(status.permissions == 0o4751)
      #expect(status.modified == .init(seconds: -5, nanoseconds: 999))
      #expect(status.links == 2)
      #expect(try directory.linkTarget(ofName: "link") == Array("file".utf8))
      #expect(throws: Errno.tooManySymbolicLinkLevels) { try directory.setPermissions("link", 0o600) }
    }
  }

  @Test("a tree is removed whole, links are not followed, closed directories are opened up")
  func removeTree() async throws {
    try await withTemporaryDirectory { _, directory in
      let kept = try directory.ensureDirectory("kept")
      try write("x", "file", in: kept)
      let tree = try directory.ensureDirectory("tree")
      let closed = try tree.ensureDirectory("closed")
      try write("x", "file", in: closed)
      try tree.makeSymbolicLink("link", to: "../kept")
      try tree.makeNode("fifo", .fifo)
      try tree.setPermissions("closed", 0)
      try directory.removeTree("tree")
      try directory.removeTree("tree")
      #expect(try directory.entries().map(\.name) == [Array("kept".utf8)])
      #expect(try kept.entries().count == 1)
    }
  }

  @Test("an unnamed file gets its name at once and only once")
  func unnamedFile() async throws {
    try await withTemporaryDirectory { _, directory in
      let file = try directory.unnamedFile()
      defer { file.closeQuietly() }
      try file.writeFully(Array("content".utf8))
      #expect(try directory.entries().isEmpty)
      try directory.link(file, as: "named")
      #expect(try read(directory.file("named")) == "content")
      #expect(throws: Errno.fileExists) { try directory.link(file, as: "named") }
    }
  }

  @Test("contents are copied, also between file systems", arguments: [0, 1, 5_000_000])
  func copyContents(size: Int) async throws {
    let memory = try Directory(at: "/dev/shm")
    try await withTemporaryDirectory { _, directory in
      let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      let source = try memory.unnamedFile()
      let target = try directory.unnamedFile()
      let again = try directory.unnamedFile()
      defer { for file in [source, target, again] { file.closeQuietly() } }
      try source.writeFully(bytes)
      #expect(try target.copyContents(of: source) == Int64(size))
      #expect(try again.copyContents(of: target) == Int64(size))
      try again.seek(offset: 0, from: .start)
      #expect(try again.readAll(limit: size) == bytes)
    }
  }

  @Test("a lock excludes a second holder")
  func locks() async throws {
    try await withTemporaryDirectory { _, directory in
      try directory.withLock("lock", .exclusive) {
        let second = try directory.file("lock")
        defer { second.closeQuietly() }
        #expect(try !second.tryLock(.exclusive))
        #expect(try !second.tryLock(.shared))
      }
      let third = try directory.file("lock")
      defer { third.closeQuietly() }
      #expect(try third.tryLock(.exclusive))
    }
  }
}
