import Glibc
import Linux
import SystemPackage
import TestSupport
import Testing

@testable import Sources

/// Trees from real repositories behind a real server, one of plain files as any web server can be.
@Suite("trees of git addresses") struct SourcesTreeTests {
  /// A repository with two commits on `main`, a branch `other` and a tag `v1` on the first, and a server for it.
  private func withRepository(_ body: (SourcesFixture, ScriptedServer, GitMirrors) async throws -> Void) async throws {
    try await SourcesFixture.with(["dir/a": "one\n", "run": "#!/bin/sh\n"]) { fixture in
      try await fixture.git("init", "--quiet", "-b", "main")
      try await fixture.git("add", ".")
      try await fixture.git("commit", "--quiet", "-m", "one")
      try await fixture.git("tag", "v1")
      try await fixture.git("branch", "other")
      try fixture.write("dir/a", "two\n")
      try await fixture.git("commit", "--quiet", "-am", "two")
      try await fixture.git("update-server-info")
      let root = fixture.set.appending(".git")
      try await ScriptedServer.with(Self.files(of: root)) { server in
        try await body(fixture, server, GitMirrors(store: fixture.store, environment: fixture.environment))
      }
    }
  }

  /// Gives the files below a directory, under `/x.git/`.
  private static func files(of root: FilePath) -> ScriptedServer.Script {
    { request in
      let path = request.path.split(separator: "/").dropFirst().joined(separator: "/")
      guard let directory = try? Directory(at: root), let file = try? directory.file(path, .readOnly, .beneath),
        (try? file.status().kind) == .file, let bytes = try? file.readAll(limit: 1 << 20)
      else { return .text(404, "no such file") }
      defer { file.closeQuietly() }
      return .response(status: 200, body: bytes)
    }
  }

  private static func tree(_ server: ScriptedServer, _ reference: String? = nil, commit: String? = nil) -> RemoteTree {
    RemoteTree(
      url: "http://user:secret@\(server.name)/x.git", reference: reference, commit: commit, hasSubmodules: true,
      keepsGitDirectory: false, shown: "http://\(server.name)/x.git")
  }

  private static func text(_ path: String, in directory: Directory) throws -> String? {
    guard let file = try? directory.file(path, .readOnly, .beneath) else { return nil }
    defer { file.closeQuietly() }
    return String(decoding: try file.readAll(limit: 1 << 20), as: UTF8.self)
  }

  @Test("references lead to commits")
  func references() async throws {
    try await withRepository { fixture, server, mirrors in
      let head = try await mirrors.commit(of: Self.tree(server))
      let first = try await mirrors.commit(of: Self.tree(server, "v1"))
      #expect(head != first)
      for (reference, expected) in [
        ("HEAD", head), ("main", head), ("refs/heads/main", head), ("other", first), ("refs/tags/v1", first),
        (first, first), (String(first.prefix(9)), first),
      ] {
        #expect(try await mirrors.commit(of: Self.tree(server, reference)) == expected, "\(reference)")
      }
      #expect(try await mirrors.commit(of: Self.tree(server, "main", commit: String(head.prefix(5)))) == head)
      #expect(try await mirrors.commit(of: Self.tree(server, commit: first)) == first)
      // What was fetched by its full name is there.
      let count = server.requests.count
      #expect(try await mirrors.commit(of: Self.tree(server, first)) == first)
      #expect(server.requests.count == count)
      // A branch is asked for again.
      try fixture.write("dir/a", "three\n")
      try await fixture.git("commit", "--quiet", "-am", "three")
      try await fixture.git("update-server-info")
      #expect(try await mirrors.commit(of: Self.tree(server, "main")) != head)
    }
  }

  @Test("another commit than expected, and none at all, are errors without secrets")
  func errors() async throws {
    try await withRepository { _, server, mirrors in
      let wrong = await #expect(throws: SourceError.self) {
        try await mirrors.commit(of: Self.tree(server, "main", commit: "0000000"))
      }
      #expect(wrong?.why.first == "expected 0000000")
      let missing = await #expect(throws: SourceError.self) {
        try await mirrors.commit(of: Self.tree(server, "nothing"))
      }
      #expect(missing?.what.contains("`nothing`") == true)
      var elsewhere = Self.tree(server)
      elsewhere.url = "http://user:secret@localhost:1/x.git"
      let unreachable = await #expect(throws: SourceError.self) { try await mirrors.commit(of: elsewhere) }
      for error in [wrong, missing, unreachable] {
        let shown = "\(try #require(error))"
        #expect(!shown.contains("secret"))
      }
      #expect(unreachable?.lastOutput.isEmpty == false)
    }
  }

  @Test("addresses of this machine are not fetched")
  func local() async throws {
    try await withRepository { fixture, server, mirrors in
      for url in ["file://\(fixture.set)", fixture.set.string, "ext::sh -c true"] {
        var tree = Self.tree(server)
        tree.url = url
        await #expect(throws: SourceError.self) { try await mirrors.commit(of: tree) }
      }
    }
  }

  @Test("a checkout holds the files, and is gone afterwards")
  func checkouts() async throws {
    try await withRepository { fixture, server, mirrors in
      let tree = Self.tree(server, "v1")
      let commit = try await mirrors.commit(of: tree)
      try await mirrors.withCheckout(of: tree, at: commit) { directory in
        let text = try Self.text("dir/a", in: directory)
        let permissions = try directory.status(of: "run", .beneath)?.permissions
        #expect(text == "one\n")
        #expect((permissions ?? 0) & 0o100 != 0)
      }
      let left = try Directory(at: fixture.store).directory("git").entries().map {
        String(decoding: $0.name, as: UTF8.self)
      }
      #expect(left.allSatisfy { $0.contains(".tree.git") }, "\(left)")
    }
  }

  @Test("a kept .git is a repository of the commit, the same bytes each time, and tells nothing of this machine")
  func keptDirectory() async throws {
    try await withRepository { fixture, server, mirrors in
      var tree = Self.tree(server)
      tree.keepsGitDirectory = true
      let commit = try await mirrors.commit(of: tree)
      var listings: [[String: [UInt8]]] = []
      for _ in 0..<2 {
        let listing = try await mirrors.withCheckout(of: tree, at: commit) { directory in
          try Self.contents(of: try directory.directory(".git"))
        }
        listings.append(listing)
      }
      #expect(listings[0].keys.sorted() == listings[1].keys.sorted())
      #expect(listings[0] == listings[1])
      #expect(String(decoding: listings[0]["HEAD"] ?? [], as: UTF8.self) == commit + "\n")
      for (name, bytes) in listings[0] {
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(!text.contains("secret") && !text.contains(fixture.store.string), "\(name)")
      }
    }
  }

  /// Bytes of every file below a directory.
  private static func contents(of directory: Directory, _ prefix: String = "") throws -> [String: [UInt8]] {
    var result: [String: [UInt8]] = [:]
    for entry in try directory.entries() {
      let name = prefix + String(decoding: entry.name, as: UTF8.self)
      if try directory.status(ofName: entry.name).kind == .directory {
        result.merge(try contents(of: directory.directory(entry.name), name + "/")) { $1 }
      } else {
        let file = try directory.file(entry.name)
        defer { file.closeQuietly() }
        result[name] = try file.readAll(limit: 1 << 20)
      }
    }
    return result
  }

  @Test("a submodule does not reach for repositories of this machine")
  func submodules() async throws {
    try await withRepository { fixture, server, mirrors in
      try fixture.write(
        ".gitmodules", "[submodule \"s\"]\n\tpath = s\n\turl = file://\(fixture.set)\n")
      try await fixture.git("add", ".gitmodules")
      let commit = try await mirrors.commit(of: Self.tree(server))
      try await fixture.git("update-index", "--add", "--cacheinfo", "160000,\(commit),s")
      try await fixture.git("commit", "--quiet", "-m", "submodule")
      try await fixture.git("update-server-info")
      let tree = Self.tree(server)
      let new = try await mirrors.commit(of: tree)
      let error = await #expect(throws: SourceError.self) {
        try await mirrors.withCheckout(of: tree, at: new) { _ in }
      }
      #expect(error?.lastOutput.contains { $0.contains("not allowed") } == true, "\(error?.lastOutput ?? [])")
      var without = tree
      without.hasSubmodules = false
      try await mirrors.withCheckout(of: without, at: new) { directory in
        let text = try Self.text("dir/a", in: directory)
        #expect(text == "two\n")
      }
    }
  }
}
