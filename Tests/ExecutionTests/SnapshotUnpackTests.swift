import Layers
import Linux
import OCI
import Snapshots
import SystemPackage
import Testing

@testable import Execution

@Suite("unpacking layers", .enabled(if: Machine.effectiveUser == 0, "needs root"))
struct SnapshotUnpackTests {
  /// A stack of layers in memory, unpacked into a store.
  private struct Stack {
    var store: SnapshotStore
    var layers: [(bytes: [UInt8], diffID: Digest)] = []

    mutating func add(_ entries: [(LayerEntry, String?)]) throws {
      let sink = MemorySink()
      let tar = TarWriter(sink)
      for (entry, content) in entries {
        try tar.begin(entry)
        if let content { try Array(content.utf8).withUnsafeBytes { try tar.write($0) } }
      }
      try tar.finish()
      let diffID = try LayerReader(MemorySource(sink.bytes), mediaType: .layer, diffID: nil).finish()
      layers.append((sink.bytes, diffID))
    }

    /// Chain identities only have to differ where the stacks do.
    func unpack() throws -> [FilePath] {
      let identities = layers.indices.map { index in
        let seed = layers[...index].map(\.diffID.hex).joined().utf8.reduce(UInt8(index)) { $0 &* 31 &+ $1 }
        let chainID = index == 0 ? layers[0].diffID : Digest(sha256: [UInt8](repeating: seed, count: 32))
        return SnapshotStore.LayerIdentity(diffID: layers[index].diffID, chainID: chainID)
      }
      return try store.unpackedStack(identities, cancellation: CancellationFlag()) { index in
        try LayerReader(MemorySource(layers[index].bytes), mediaType: .layer, diffID: layers[index].diffID)
      }
    }

    func view() throws -> MergedView { try MergedView(lowers: unpack().reversed()) }
  }

  private func path(_ text: String) throws -> EntryPath { try #require(EntryPath(text)) }

  private func directory(_ text: String, mode: UInt16 = 0o755, uid: UInt32 = 0) throws -> (LayerEntry, String?) {
    (LayerEntry(path: try path(text), kind: .directory, mode: mode, uid: uid), nil)
  }

  private func file(_ text: String, _ content: String, mode: UInt16 = 0o644) throws -> (LayerEntry, String?) {
    (LayerEntry(path: try path(text), kind: .file(size: Int64(content.utf8.count), digest: nil), mode: mode), content)
  }

  private func link(_ text: String, _ target: String) throws -> (LayerEntry, String?) {
    (LayerEntry(path: try path(text), kind: .symlink(target: Array(target.utf8)), mode: 0o777), nil)
  }

  private func withStack(_ body: (inout Stack) throws -> Void) async throws {
    try await withTemporaryDirectory { path, _ in
      var stack = Stack(store: try SnapshotStore(root: path.appending("snapshots")))
      try body(&stack)
    }
  }

  private func text(_ view: MergedView, _ path: String) throws -> String? {
    try view.contents(of: Array(path.utf8), limit: 1000).map { String(decoding: $0, as: UTF8.self) }
  }

  @Test("whiteouts and opaque directories hide what is below")
  func whiteouts() async throws {
    try await withStack { stack in
      try stack.add([directory("d"), file("d/a", "1"), file("d/b", "1"), file("gone", "1")])
      try stack.add([
        directory("d"), (.opaque(path("d")), nil), file("d/b", "2"), (.whiteout(path("gone")), nil),
      ])
      let view = try stack.view()
      #expect(try text(view, "d/a") == nil)
      #expect(try text(view, "d/b") == "2")
      #expect(try text(view, "gone") == nil)
    }
  }

  @Test("a parent that the layer lacks is as below, links on the way are followed inside the image")
  func implicitParents() async throws {
    try await withStack { stack in
      try stack.add([directory("usr", mode: 0o710, uid: 7), directory("usr/lib"), link("lib", "/../usr/lib")])
      try stack.add([file("lib/x", "x"), file("usr/y", "y"), file("new/z", "z")])
      let view = try stack.view()
      #expect(try text(view, "usr/lib/x") == "x")
      #expect(try view.node(at: Array("lib".utf8), followLast: false)?.status.kind == .symbolicLink)
      let usr = try #require(try view.node(at: Array("usr".utf8))?.status)
      #expect([usr.permissions, usr.uid] == [0o710, 7])
      #expect(try view.node(at: Array("new".utf8))?.status.permissions == 0o755)
      // Its form depends on what is below, so it is not kept for other stacks.
      #expect(!stack.store.contains(stack.layers[1].diffID))
      #expect(stack.store.contains(stack.layers[0].diffID))
    }
  }

  @Test("a hard link into a lower layer becomes a copy")
  func hardLink() async throws {
    try await withStack { stack in
      try stack.add([file("a", "content", mode: 0o4755)])
      try stack.add([(LayerEntry(path: path("b"), kind: .hardLink(path("a")), mode: 0o644), nil)])
      let view = try stack.view()
      #expect(try text(view, "b") == "content")
      #expect(try view.node(at: Array("b".utf8))?.status.permissions == 0o4755)
    }
  }

  @Test("a wrong diffID leaves nothing")
  func wrongContent() async throws {
    try await withStack { stack in
      try stack.add([file("a", "1")])
      stack.layers[0].diffID = Digest(sha256: [UInt8](repeating: 1, count: 32))
      #expect(throws: LayerError.self) { try stack.unpack() }
      #expect(!stack.store.contains(stack.layers[0].diffID))
      let left = try Directory(at: stack.store.root).entries().map { String(decoding: $0.name, as: UTF8.self) }
      #expect(left == [".locks"])
    }
  }

  @Test(
    "no archive reaches outside of its directory",
    arguments: ["/victim", "../victim", "up/victim", "abs/victim", "loop/victim", "a/../../victim", "up", "dots/x"])
  func escapes(name: String) async throws {
    try await withTemporaryDirectory { root, outside in
      try RunLaboratory.write("untouched", "victim", in: outside)
      var stack = Stack(store: try SnapshotStore(root: root.appending("snapshots")))
      try stack.add([
        link("up", "../../.."), link("abs", root.string), link("loop", "loop"), link("dots", "up/.."),
        file(name, "hostile", mode: 0o777), (.whiteout(path(name)), nil), (.opaque(path("up")), nil),
        (LayerEntry(path: path("hard"), kind: .hardLink(path(name)), mode: 0o777), nil),
      ])
      // Refused or contained, as the case may be.
      _ = try? stack.unpack()
      let file = try outside.file("victim")
      defer { file.closeQuietly() }
      #expect(try file.readAll(limit: 100) == Array("untouched".utf8))
      #expect(try file.status().permissions == 0o644)
      #expect(try outside.entries().map { String(decoding: $0.name, as: UTF8.self) } == ["snapshots", "victim"])
    }
  }

  @Test("snapshots of this boot count, and survive being made durable; leftovers are swept")
  func durability() async throws {
    try await withStack { stack in
      try stack.add([file("a", "1")])
      let paths = try stack.unpack()
      let abandoned = try Directory(at: stack.store.root).makeTemporaryDirectory(prefix: ".tmp-")
      let active = try stack.store.begin()
      try stack.store.sweep()
      #expect(throws: Errno.noSuchFileOrDirectory) {
        try Directory(at: stack.store.root).status(ofName: abandoned.name)
      }
      #expect((try? Directory(at: active.path())) != nil)
      try stack.store.synchronize()
      try stack.store.sweep()
      #expect(stack.store.contains(stack.layers[0].diffID))
      #expect(try stack.unpack() == paths)
      try active.discard()
    }
  }

  @Test("a snapshot of another boot does not count")
  func earlierBoot() async throws {
    try await withStack { stack in
      try stack.add([file("a", "1")])
      _ = try stack.unpack()
      let snapshot = try Directory(at: stack.store.root).directory(stack.layers[0].diffID.hex)
      try RunLaboratory.write("boot another\n", "complete", in: snapshot)
      #expect(!stack.store.contains(stack.layers[0].diffID))
      _ = try stack.unpack()
      #expect(stack.store.contains(stack.layers[0].diffID))
    }
  }
}
