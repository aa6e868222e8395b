import Layers
import Linux
import OCI
import Testing

@Suite struct ContentSpoolTests {
  @Test func `content of lower layers is copied into a new layer in path order`() async throws {
    let entries = try await inTemporaryDirectory { root in
      let sink = MemorySink()
      let writer = try LayerWriter(into: sink, workers: 1)
      try writer.add(file("a", size: 3), content: .bytes([1, 2, 3]))
      try writer.add(hardLink("b", "a"))
      try writer.add(file("c", size: 2), content: .bytes([4, 5]))
      let layer = try writer.finish()
      let tree = try Tree([layer.index])

      let spool = try ContentSpool(in: Directory(at: root))
      let reader = try LayerReader(MemorySource(sink.bytes), mediaType: layer.mediaType, diffID: layer.diffID)
      try spool.collect([path("a")], ofLayer: 0, from: reader)
      let other = try #require(tree.lookup(path("c")))
      #expect(spool.content(of: other).map { _ in true } == nil)

      let copy = MemorySink()
      let copier = try LayerWriter(into: copy, compression: .none, workers: 1)
      let found = try #require(tree.lookup(path("b")))
      var entry = found.entry
      entry.path = path("new/b")
      try copier.add(entry, content: spool.content(of: found))
      _ = try copier.finish()
      return try readAll(copy.bytes).map { ($0.entry.path, $0.content) }
    }
    #expect(entries.count == 1 && entries.allSatisfy { $0 == (path("new/b"), [1, 2, 3]) })
  }

  @Test func `a layer that is not the promised one gives no content`() async throws {
    try await inTemporaryDirectory { root in
      let sink = MemorySink()
      let writer = try LayerWriter(into: sink, workers: 1)
      try writer.add(file("a", size: 1), content: .bytes([1]))
      let layer = try writer.finish()
      let spool = try ContentSpool(in: Directory(at: root))
      let reader = try LayerReader(
        MemorySource(sink.bytes), mediaType: layer.mediaType, diffID: LayerWriterTests.sha256([0]))
      #expect(throws: LayerError.self) { try spool.collect([path("a")], ofLayer: 0, from: reader) }
      let entry = try #require(Tree([layer.index]).lookup(path("a")))
      #expect(spool.content(of: entry).map { _ in true } == nil)
    }
  }
}
