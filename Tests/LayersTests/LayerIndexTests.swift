import Layers
import TestSupport
import Testing

@Suite struct LayerIndexTests {
  @Test func `the later entry of a path counts`() {
    let index = LayerIndex([file("b", size: 1), directory("a"), file("b", size: 2), .whiteout(path("b"))])
    #expect(index.entries == [directory("a"), .whiteout(path("b")), file("b", size: 2)])
    #expect(index[path("b")] == file("b", size: 2) && index[path("c")] == nil)
  }

  @Test func `what replaces a directory takes away what came before below it`() {
    let index = LayerIndex([directory("a"), file("a/old"), file("a/old2"), symlink("a", "b"), file("a/new")])
    #expect(index.entries == [symlink("a", "b"), file("a/new")])
    let again = LayerIndex([
      directory("a"), file("a/x"), symlink("a", "/"), file("a/x", size: 1), directory("a"), file("a/x", size: 2),
    ])
    #expect(again.entries == [directory("a"), file("a/x", size: 2)])
  }

  @Test func `damaged encodings are errors, never crashes`() throws {
    let layer = RandomLayer(seed: 9, count: 20)
    let bytes = LayerIndex(layer.entries.map(\.entry)).encoded()
    var generator = SeededGenerator(seed: 10)
    for length in stride(from: 0, to: bytes.count, by: 17) {
      #expect(throws: LayerError.self) { try LayerIndex(encoded: bytes[..<length]) }
    }
    #expect(throws: LayerError.self) { try LayerIndex(encoded: bytes + [0]) }
    for _ in 0..<200 {
      var damaged = bytes
      for _ in 0..<3 {
        damaged[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      }
      do {
        let index = try LayerIndex(encoded: damaged)
        #expect(try LayerIndex(encoded: index.encoded()) == index)
      } catch is LayerError {}
    }
  }

  @Test func `an index of nothing`() throws {
    #expect(try LayerIndex(encoded: LayerIndex([]).encoded()).entries.isEmpty)
    #expect(try LayerIndex.read(from: MemorySource([])).entries.isEmpty)
  }
}
