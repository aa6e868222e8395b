import Layers
import Linux
import OCI
import SystemPackage
import Testing

@testable import Execution

@Suite("mounts of RUN", .enabled(if: Machine.effectiveUser == 0, "needs root"))
struct RuntimeMountTests {
  @Test("a context directory is seen read-only, or written to in vain")
  func bind() async throws {
    try await withLaboratory { lab async throws in
      let context = try lab.directory.ensureDirectory("context")
      try RunLaboratory.write("content", "file", in: context)
      let source = lab.root.appending("context")
      var request = lab.request("cat /ctx/file; echo x > /ctx/new || echo refused")
      request.mounts = [RunMount(.bind(source: source, writable: false), target: "/ctx")]
      #expect(try await lab.output(request).contains("content"))
      #expect(try await lab.output(request).hasSuffix("refused\n"))
      request = lab.request("echo x > /ctx/new; rm /ctx/file; ls /ctx")
      request.mounts = [RunMount(.bind(source: source, writable: true), target: "/ctx")]
      let (output, change) = try await lab.run(request)
      #expect(output == "new\n")
      #expect(try listing(context) == ["file"])
      #expect(try change.difference(latest: .zero).entries.isEmpty)
      try change.snapshot.discard()
    }
  }

  @Test("of a directory the hidden paths are not there, read-only or writable, and its modes are its own")
  func hidden() async throws {
    try await withLaboratory { lab async throws in
      let context = try lab.directory.ensureDirectory("context")
      let inner = try context.ensureDirectory("dir")
      for name in ["seen", "secret"] {
        try RunLaboratory.write(name, name, in: context)
        try RunLaboratory.write(name, name, in: inner)
      }
      try RunLaboratory.write("x", "x", in: context.ensureDirectory("gone"))
      try context.setPermissions("dir", 0o751)
      let hidden = [EntryPath("secret"), EntryPath("dir/secret"), EntryPath("gone")].compactMap(\.self)
      for writable in [false, true] {
        var request = lab.request("ls /ctx /ctx/dir; stat -c %a /ctx/dir; cat /ctx/dir/seen")
        let source = lab.root.appending("context")
        request.mounts = [RunMount(.bind(source: source, writable: writable, hidden: hidden), target: "/ctx")]
        #expect(try await lab.output(request) == "/ctx:\ndir\nseen\n\n/ctx/dir:\nseen\n751\nseen")
      }
      #expect(try listing(context) == ["dir", "dir/secret", "dir/seen", "gone", "gone/x", "secret", "seen"])
    }
  }

  @Test("a single file is mounted")
  func file() async throws {
    try await withLaboratory { lab async throws in
      try RunLaboratory.write("content", "file", in: lab.directory)
      var request = lab.request("cat /etc/some/file")
      request.mounts = [
        RunMount(.bind(source: lab.root.appending("file"), writable: false), target: "/etc/some/file")
      ]
      let (output, change) = try await lab.run(request)
      #expect(output == "content")
      #expect(try change.difference(latest: .zero).entries.isEmpty)
      try change.snapshot.discard()
    }
  }

  @Test("a stage is mounted from its layers, its links followed inside it")
  func stage() async throws {
    try await withLaboratory { lab async throws in
      let upper = try lab.directory.ensureDirectory("upper")
      try RunLaboratory.write("over", "shadow", in: upper.ensureDirectory("data"))
      try upper.makeSymbolicLink("link", to: "/data")
      let lowers = [lab.base, lab.root.appending("upper")]
      for writable in [false, true] {
        var request = lab.request("cat /m/shadow")
        request.mounts = [RunMount(.stage(lowers: lowers, path: Array("link".utf8), writable: writable), target: "/m")]
        #expect(try await lab.output(request) == "over")
      }
      var request = lab.request("true")
      request.mounts = [RunMount(.stage(lowers: lowers, path: Array("none".utf8), writable: false), target: "/m")]
      await #expect(throws: RunError.invalidRequest(reason: "mount source 'none' does not exist in its stage")) {
        try await lab.run(request)
      }
    }
  }

  @Test("a cache keeps its content for the same key, and has the owner asked for")
  func cache() async throws {
    try await withLaboratory { lab async throws in
      func step(_ script: String, _ key: String) async throws -> String {
        var request = lab.request(script)
        let kind = RunMount.Kind.cache(
          CacheDirectory(key: key, sharing: .locked, permissions: 0o750, uid: 3, gid: 4))
        request.mounts = [RunMount(kind, target: "/var/cache/x")]
        let (output, change) = try await lab.run(request)
        #expect(try change.difference(latest: .zero).entries.isEmpty)
        try change.snapshot.discard()
        return output
      }
      #expect(try await step("stat -c '%a %u %g' /var/cache/x; echo 1 > /var/cache/x/f", "a") == "750 3 4\n")
      #expect(try await step("cat /var/cache/x/f", "a") == "1\n")
      #expect(try await step("ls /var/cache/x", "b") == "")
    }
  }

  @Test("private caches in use are not shared")
  func privateCaches() async throws {
    try await withTemporaryDirectory { path, _ in
      let caches = CacheDirectories(root: path.appending("cache"))
      func lease(_ sharing: CacheSharing) throws -> CacheLease {
        try caches.lease(CacheDirectory(key: "k", sharing: sharing))
      }
      let first = try lease(.private)
      let second = try lease(.private)
      #expect(first.path != second.path)
      first.release()
      let third = try lease(.private)
      #expect(third.path == first.path)
      third.release()
      let shared = [try lease(.shared), try lease(.shared)]
      #expect(shared[0].path == shared[1].path)
      for lease in shared + [second] { lease.release() }
    }
  }

  @Test(
    "cache keys of any text have distinct file names",
    arguments: ["../../etc", "a/b", "", ".", String(repeating: "x", count: 999)])
  func cacheNames(key: String) {
    let name = CacheDirectories.fileName(key)
    #expect(name.utf8.count < 240 && !name.contains("/") && name.hasPrefix("c-"))
    #expect(name != CacheDirectories.fileName(key + "y"))
  }

  @Test("tmpfs and secrets are there during the step and leave nothing")
  func temporary() async throws {
    try await withLaboratory { lab async throws in
      var request = lab.request(
        "echo x > /t/f; cat /run/secrets/s; stat -c '%a %u %g' /run/secrets/s; rm /run/secrets/s")
      request.mounts = [
        RunMount(.tmpfs(size: 1 << 20, permissions: 0o1777), target: "/t"),
        RunMount(
          .secret(content: Array("to\u{0}p".utf8), permissions: 0o400, uid: 5, gid: 6), target: "/run/secrets/s",
          readOnly: true),
      ]
      request.arguments[2] += " || true"
      let (output, change) = try await lab.run(request)
      #expect(output.hasPrefix("to\u{0}p400 5 6\n"))
      #expect(try change.difference(latest: .zero).entries.isEmpty)
      try change.snapshot.discard()
    }
  }

  @Test("a target that leads through a link is found inside the image")
  func linkedTarget() async throws {
    try await withLaboratory { lab async throws in
      let base = try lab.directory.directory("base")
      try base.makeDirectory("real")
      try base.makeSymbolicLink("alias", to: "/../real")
      var request = lab.request("echo 1 > /alias/deep/f; ls /real")
      request.mounts = [RunMount(.tmpfs(size: nil, permissions: 0o1777), target: "/alias/deep")]
      let (output, change) = try await lab.run(request)
      #expect(output == "deep\n")
      #expect(try change.difference(latest: .zero).entries.isEmpty)
      try change.snapshot.discard()
    }
  }
}
