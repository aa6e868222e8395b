import Linux
import SystemPackage
import TestSupport

/// A set of components on the disk.
struct SetFixture: Sendable {
  let path: FilePath

  /// Makes the directory; components are added with `write`.
  init(_ path: FilePath) throws {
    self.path = path
    try Self.makeDirectories(path.appending("components"))
  }

  /// A set that is there already.
  init(existing path: FilePath) { self.path = path }

  /// Writes a file of a component: `cli/Dockerfile`.
  func write(
    _ name: String, _ content: String, permissions: FilePermissions = [.ownerReadWrite, .groupRead, .otherRead]
  ) throws {
    let file = path.appending("components").pushing(FilePath(name))
    try Self.makeDirectories(file.removingLastComponent())
    try Self.write(Array(content.utf8), to: file, permissions)
  }

  /// Writes an executable script of a component.
  func writeScript(_ name: String, _ content: String) throws {
    try write(name, "#!/bin/sh\nset -eu\n" + content, permissions: [.ownerReadWriteExecute, .groupRead, .otherRead])
  }

  func read(_ name: String) throws -> String {
    let file = try FileDescriptor.open(path.appending("components").pushing(FilePath(name)), .readOnly)
    defer { file.closeQuietly() }
    return String(decoding: try file.readAll(limit: 1 << 20), as: UTF8.self)
  }

  /// Adds `base-image`: a static busybox of each architecture with the links that a shell needs.
  func addBase(_ architectures: [String]) async throws {
    let roots = try await TestRoots.directory(architectures)
    for architecture in architectures {
      let target = path.pushing(FilePath("components/base-image/root/\(architecture)"))
      try Self.makeDirectories(target)
      let source = try FileDescriptor.open(roots.appending(architecture).appending("busybox"), .readOnly)
      defer { source.closeQuietly() }
      let copy = try FileDescriptor.open(
        target.appending("busybox"), .writeOnly, options: [.create, .truncate],
        permissions: [.ownerReadWriteExecute, .groupReadExecute, .otherReadExecute])
      defer { copy.closeQuietly() }
      _ = try copy.copyContents(of: source)
    }
    try write(
      "base-image/Dockerfile",
      """
      FROM scratch
      ARG TARGETARCH
      COPY root/$TARGETARCH/busybox /bin/busybox
      COPY root/$TARGETARCH/busybox /bin/sh
      LABEL set="integration"
      """)
  }

  private static func makeDirectories(_ path: FilePath) throws {
    do { _ = try Directory(at: path) } catch Errno.noSuchFileOrDirectory {
      try makeDirectories(path.removingLastComponent())
      _ = try Directory(at: path.removingLastComponent()).ensureDirectory(path.lastComponent?.string ?? "")
    }
  }

  private static func write(_ bytes: [UInt8], to path: FilePath, _ permissions: FilePermissions) throws {
    let file = try FileDescriptor.open(path, .writeOnly, options: [.create, .truncate], permissions: permissions)
    defer { file.closeQuietly() }
    try file.writeFully(bytes)
  }
}

/// Static busyboxes by architecture, fetched once by the repository's script.
enum TestRoots {
  /// A directory with `ARCH/busybox` for each architecture.
  static func directory(_ architectures: [String]) async throws -> FilePath {
    let directory =
      Machine.environment("IMGSET_TEST_ROOTS").map { FilePath($0) } ?? Program.repository.pushing(".build/test-roots")
    try await Tool.run(
      "sh", [Program.repository.pushing("scripts/test-roots.sh").string, directory.string] + architectures)
    return directory
  }
}
