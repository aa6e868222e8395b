import struct Crypto.SHA256
import Layers
import Linux
import OCI
import SystemPackage
import TestSupport
import Testing

@Suite struct LayerWriterTests {
  static func sha256(_ bytes: [UInt8]) -> Digest { Digest(sha256: SHA256.hash(data: bytes)) }

  @Test(arguments: [Compression.none, .gzip(level: 1), .gzip(level: 6), .zstd(level: 3)])
  func `digests, sizes and index are those of what was written`(compression: Compression) throws {
    let sink = MemorySink()
    var generator = SeededGenerator(seed: 1)
    let content = generator.bytes(1_300_000)
    let writer = try LayerWriter(into: sink, compression: compression, workers: 2)
    try writer.add(directory("etc"))
    try writer.add(file("etc/big", size: content.count), content: .bytes(content))
    try writer.add(symlink("etc/link", "big"))
    try writer.add(.whiteout(path("gone")))
    let layer = try writer.finish()
    #expect(layer.digest == Self.sha256(sink.bytes) && layer.size == Int64(sink.bytes.count))
    let archive = try decompressed(sink.bytes)
    #expect(layer.diffID == Self.sha256(archive) && layer.uncompressedSize == Int64(archive.count))
    #expect(layer.index[path("etc/big")]?.contentDigest == Self.sha256(content))
    #expect(layer.descriptor == Descriptor(mediaType: compression.mediaType, digest: layer.digest, size: layer.size))
    let (index, diffID) = try LayerReader.index(
      of: DripSource(sink.bytes, size: 999), mediaType: layer.mediaType, diffID: layer.diffID)
    #expect(index == layer.index && diffID == layer.diffID)
  }

  @Test func `another diffID than promised is an error`() throws {
    let sink = MemorySink()
    let layer = try LayerWriter(into: sink, workers: 1).finish()
    let other = Self.sha256([1])
    #expect(throws: LayerError.wrongDiffID(expected: other, actual: layer.diffID)) {
      try LayerReader.index(of: MemorySource(sink.bytes), mediaType: .layerGzip, diffID: other)
    }
    #expect(throws: LayerError.unsupportedMediaType(.config)) {
      try LayerReader.index(of: MemorySource(sink.bytes), mediaType: .config, diffID: nil)
    }
  }

  @Test func `data behind the end of the archive counts for the diffID`() throws {
    var tar = TestTar()
    tar.add("a".utf8)
    let bytes = tar.finished() + [UInt8](repeating: 0, count: 700_000)
    let (index, diffID) = try LayerReader.index(of: MemorySource(bytes), mediaType: .layer, diffID: nil)
    #expect(index.entries.count == 1 && diffID == Self.sha256(bytes))
  }

  @Test func `entries out of order, twice or without content are errors`() throws {
    let writer = try LayerWriter(into: MemorySink(), workers: 1)
    try writer.add(directory("b"))
    #expect(throws: LayerError.outOfOrder(path("a"), after: path("b"))) { try writer.add(directory("a")) }
    #expect(throws: LayerError.outOfOrder(path("b"), after: path("b"))) { try writer.add(directory("b")) }
    try writer.add(.opaque(path("b")))
    #expect(throws: LayerError.contentMismatch(path("c"))) { try writer.add(directory("c"), content: .bytes([])) }
    try writer.add(hardLink("d", "e"))
    #expect(throws: LayerError.outOfOrder(path("e"), after: path("d"))) {
      try writer.add(file("e"), content: .bytes([]))
    }
    let other = try LayerWriter(into: MemorySink(), workers: 1)
    #expect(throws: LayerError.contentMismatch(path("f"))) { try other.add(file("f", size: 1)) }
  }

  @Test(arguments: [(4, 5), (6, 5), (0, 5), (5, 0), (600_000, 599_999), (599_999, 600_000)])
  func `a file that shrinks or grows is an error`(expected: Int, actual: Int) async throws {
    try await inTemporaryDirectory { directory in
      let name = directory.appending("file")
      try Tool.write([UInt8](repeating: 1, count: actual), to: name)
      let opened = try FileDescriptor.open(name, .readOnly)
      try opened.closeAfter {
        let writer = try LayerWriter(into: MemorySink(), workers: 1)
        let read = Int64(min(actual, expected + 1))
        #expect(throws: LayerError.contentChanged(path("f"), expected: Int64(expected), read: read)) {
          try writer.add(file("f", size: expected), content: .file(opened))
        }
      }
    }
  }

  @Test func `content that is not what its digest says is an error`() throws {
    let writer = try LayerWriter(into: MemorySink(), workers: 1)
    try writer.add(file("a", size: 1, digest: Self.sha256([7])), content: .bytes([7]))
    #expect(throws: LayerError.contentDiffers(path("b"), expected: Self.sha256([7]), actual: Self.sha256([8]))) {
      try writer.add(file("b", size: 1, digest: Self.sha256([7])), content: .bytes([8]))
    }
  }

  @Test func `ranges of a file are read without moving it`() async throws {
    let index = try await inTemporaryDirectory { directory in
      let name = directory.appending("file")
      try Tool.write(Array("0123456789".utf8), to: name)
      let opened = try FileDescriptor.open(name, .readOnly)
      return try opened.closeAfter {
        let writer = try LayerWriter(into: MemorySink(), workers: 1)
        try writer.add(file("a", size: 3), content: .range(opened, offset: 4))
        try writer.add(file("b", size: 10), content: .file(opened))
        #expect(throws: LayerError.contentChanged(path("c"), expected: 3, read: 1)) {
          try writer.add(file("c", size: 3), content: .range(opened, offset: 9))
        }
        return try LayerWriter(into: MemorySink(), workers: 1).finish().index
      }
    }
    #expect(index.entries.isEmpty)
  }

  @Test(arguments: UInt64(1)...6)
  func `random layers come back entry by entry, with the same bytes for any number of threads`(seed: UInt64) throws {
    let layer = RandomLayer(seed: seed, count: 150)
    var results: [(bytes: [UInt8], layer: WrittenLayer)] = []
    for workers in [1, 2, 4] {
      let sink = MemorySink()
      let writer = try LayerWriter(into: sink, workers: workers)
      for (entry, content) in layer.entries { try writer.add(entry, content: content.map { .bytes($0) }) }
      results.append((sink.bytes, try writer.finish()))
      results[results.count - 1].bytes = sink.bytes
    }
    for (number, result) in results.enumerated().dropFirst() {
      #expect(result.bytes == results[0].bytes, "bytes of run \(number)")
      #expect(result.layer.index == results[0].layer.index, "index of run \(number)")
      #expect(result.layer == results[0].layer, "digests of run \(number)")
    }
    let read = try readAll(decompressed(results[0].bytes))
    #expect(read.map(\.entry) == layer.entries.map(\.entry))
    #expect(read.map(\.content) == layer.entries.map { $0.content ?? [] })
    let index = results[0].layer.index
    #expect(try LayerIndex(encoded: index.encoded()) == index)
  }
}

/// Entries of every kind, in order, with names, numbers and attributes at the edges of the formats.
struct RandomLayer {
  private(set) var entries: [(entry: LayerEntry, content: [UInt8]?)] = []
  private var generator: SeededGenerator

  init(seed: UInt64, count: Int) {
    generator = SeededGenerator(seed: seed)
    var paths: Set<EntryPath> = []
    while paths.count < count { paths.insert(randomPath()) }
    for path in paths.sorted() { add(path) }
  }

  private mutating func randomPath() -> EntryPath {
    var result = EntryPath.root
    for _ in 0...Int.random(in: 0...6, using: &generator) {
      let length = [1, 2, 8, 40, 99, 100, 101, 155, 255].randomElement(using: &generator) ?? 1
      let bytes = (0..<length).map { _ in UInt8.random(in: 1...255, using: &generator) }
      let name = bytes.map { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: ".") ? UInt8(ascii: "x") : $0 }
      result = result.appending(name: name)
    }
    return result
  }

  private mutating func add(_ path: EntryPath) {
    let (kind, content) = randomKind()
    var entry = LayerEntry(
      path: path, kind: kind, mode: UInt16.random(in: 0...0o7777, using: &generator),
      uid: [0, 1000, 0o7777777, 0o10000000, .max].randomElement(using: &generator) ?? 0,
      gid: [0, 0o7777777, 0o10000000].randomElement(using: &generator) ?? 0,
      modified: Timestamp(
        seconds: [0, 1, -1, 1_700_000_000, 0o77777777777, 0o100000000000, -5_000_000_000].randomElement(
          using: &generator) ?? 0,
        nanoseconds: [0, 1, 999_999_999, 500_000_000].randomElement(using: &generator) ?? 0))
    if entry.isMark {
      // A mark has a time but nothing else.
      entry = LayerEntry(path: path, kind: kind, mode: 0, modified: entry.modified)
    } else if Bool.random(using: &generator) {
      entry.attributes = ["security.capability", "user.a"].map {
        ExtendedAttribute(name: Array($0.utf8), value: generator.bytes(Int.random(in: 1...200, using: &generator)))
      }
    }
    entries.append((entry, content))
  }

  private mutating func randomKind() -> (LayerEntry.Kind, [UInt8]?) {
    switch Int.random(in: 0..<12, using: &generator) {
    case 0: return (.directory, nil)
    case 1: return (.symlink(target: generator.bytes(Int.random(in: 1...300, using: &generator)).map { $0 | 1 }), nil)
    case 2: return (.hardLink(entries.last?.entry.path ?? path("first")), nil)
    case 3: return (.characterDevice(major: 1, minor: 3), nil)
    case 4: return (.blockDevice(major: 4095, minor: 1_048_575), nil)
    case 5: return (.fifo, nil)
    case 6: return (.whiteout, nil)
    case 7: return (.opaque, nil)
    default:
      let size = [0, 1, 511, 512, 513, 10_000].randomElement(using: &generator) ?? 0
      return (.file(size: Int64(size), digest: nil), generator.bytes(size))
    }
  }
}
