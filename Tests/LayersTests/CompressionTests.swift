import Layers
import OCI
import TestSupport
import Testing

@Suite struct CompressionTests {
  static let chunk = 512 << 10

  @Test(arguments: [0, 1, 511, chunk - 1, chunk, chunk + 1, 3 * chunk, 5 * chunk + 12_345])
  func `gzip of any length comes back`(length: Int) throws {
    var generator = SeededGenerator(seed: UInt64(length))
    let data = generator.bytes(length)
    for level in [1, 2, 3, 4, 6, 9] {
      #expect(try decompressed(compressed(data, .gzip(level: level))) == data, "level \(level)")
    }
  }

  @Test(arguments: [Compression.gzip(level: 1), .gzip(level: 5), .zstd(level: 1), .zstd(level: 3)])
  func `bytes depend neither on threads nor on the pieces written`(compression: Compression) throws {
    var generator = SeededGenerator(seed: 7)
    let data = generator.bytes(2_500_000)
    let reference = try compressed(data, compression, workers: 1, pieces: data.count)
    for (workers, pieces) in [(1, 4096), (2, 100_000), (4, 77_777), (16, 1_000_000), (0, 512)] {
      #expect(try compressed(data, compression, workers: workers, pieces: pieces) == reference, "\(workers) workers")
    }
    #expect(reference.count < data.count)
    #expect(try decompressed(reference) == data)
  }

  @Test func `data that does not compress, and data that compresses to nothing`() throws {
    var generator = SeededGenerator(seed: 3)
    let noise = (0..<(3 * Self.chunk)).map { _ in UInt8.random(in: 0...255, using: &generator) }
    let zeros = [UInt8](repeating: 0, count: 10 * Self.chunk)
    for compression in [Compression.gzip(level: 1), .gzip(level: 6), .zstd(level: 1)] {
      let packed = try compressed(noise, compression)
      #expect(packed.count < noise.count + noise.count / 50)
      #expect(try decompressed(packed) == noise)
      #expect(try decompressed(compressed(zeros, compression)) == zeros)
    }
  }

  @Test func `the header holds neither time nor name, and it is one member`() async throws {
    var generator = SeededGenerator(seed: 5)
    let data = generator.bytes(3 * Self.chunk)
    let packed = try compressed(data, .gzip(level: 1))
    #expect(Array(packed[..<10]) == [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 4, 255])
    let (unpacked, listing) = try await inTemporaryDirectory { directory in
      try Tool.write(packed, to: directory.appending("data.gz"))
      return (try Tool.shell("gzip -dc data.gz", in: directory), try Tool.shell("gzip -l data.gz", in: directory))
    }
    #expect(unpacked == data)
    // The size that gzip lists is the last member's.
    #expect(String(decoding: listing, as: UTF8.self).contains(" \(data.count) "))
  }

  @Test(arguments: ["gzip", "gzip -1", "zstd", "zstd --long=27", "xz", "xz -0", "bzip2"])
  func `what other programs compress is read, also in several members`(command: String) async throws {
    var generator = SeededGenerator(seed: 11)
    let data = generator.bytes(600_000)
    let packed = try await inTemporaryDirectory { directory in
      try Tool.write(data, to: directory.appending("data"))
      return try Tool.shell("\(command) -c data", in: directory)
    }
    let format = try #require(Compression.Format(signature: packed))
    #expect(command.hasPrefix(format.rawValue))
    #expect(try decompressed(packed) == data)
    #expect(try decompressed(packed, bufferSize: 1000) == data)
    #expect(try decompressed(packed + packed) == data + data)
    #expect(throws: LayerError.truncatedCompression(format)) { try decompressed(Array(packed.dropLast(3))) }
    #expect(throws: LayerError.truncatedCompression(format)) {
      try decompressed(packed + packed.prefix(packed.count / 2))
    }
    var damaged = packed
    for index in stride(from: damaged.count / 2, to: damaged.count - 16, by: 97) { damaged[index] ^= 0x5A }
    #expect(throws: LayerError.self) { try decompressed(damaged) }
  }

  @Test func `zeros behind a gzip member are padding, anything else is damage`() throws {
    let packed = try compressed([1, 2, 3], .gzip(level: 1))
    #expect(try decompressed(packed + [UInt8](repeating: 0, count: 600)) == [1, 2, 3])
    #expect(throws: LayerError.corrupt(.gzip)) { try decompressed(packed + [0, 0, 7]) }
    #expect(throws: LayerError.corrupt(.gzip)) { try decompressed(packed + Array("garbage, garbage, garbage".utf8)) }
  }

  @Test func `plain data passes through`() throws {
    for data in [[], [1], Array("plain text".utf8)] as [[UInt8]] { #expect(try decompressed(data) == data) }
  }

  @Test func `limits stop data made to fill memory`() throws {
    let bomb = try compressed([UInt8](repeating: 0, count: 8 << 20), .zstd(level: 3))
    #expect(throws: LayerError.tooLarge(limit: 1 << 20)) {
      try decompressed(bomb, limits: ReadLimits(uncompressedSize: 1 << 20))
    }
    #expect(throws: LayerError.self) { try decompressed(bomb, limits: ReadLimits(ratio: 100, ratioFloor: 1 << 20)) }
    #expect(try decompressed(bomb, limits: ReadLimits(ratio: 100)).count == 8 << 20)
  }

  @Test func `a window over the limit is refused`() async throws {
    let packed = try await inTemporaryDirectory { directory in
      try Tool.shell("head -c 3000000 /dev/zero | xz -9 -c", in: directory)
    }
    #expect(throws: LayerError.windowTooLarge(.xz)) { try decompressed(packed, limits: ReadLimits(window: 1 << 20)) }
  }

  final class FullSink: ByteSink {
    struct Full: Error {}
    private var room: Int

    init(room: Int) { self.room = room }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
      room -= bytes.count
      if room < 0 { throw Full() }
    }
  }

  @Test(arguments: [0, 1000, 1_000_000])
  func `an error of the sink comes through, and an abandoned stream leaves nothing running`(room: Int) throws {
    var generator = SeededGenerator(seed: 13)
    let data = generator.bytes(8 * Self.chunk)
    for _ in 0..<20 {
      let gzip = try ParallelGzip(into: FullSink(room: room), level: 1, workers: 4)
      #expect(throws: FullSink.Full.self) {
        try data.withUnsafeBytes { try gzip.write($0) }
        try gzip.finish()
      }
    }
    let abandoned = try ParallelGzip(into: MemorySink(), level: 1, workers: 4)
    try data.withUnsafeBytes { try abandoned.write($0) }
  }

  @Test func `levels that do not exist are errors`() {
    for compression in [Compression.gzip(level: 0), .gzip(level: 10), .zstd(level: 0), .zstd(level: 99)] {
      #expect(throws: LayerError.self) { try compression.compressor(into: MemorySink(), workers: 1) }
    }
  }

  @Test func `media types`() {
    #expect(Compression.none.mediaType == .layer && Compression.default.mediaType == .layerGzip)
    #expect(MediaType.dockerLayerGzip.isReadableLayer && MediaType.layerZstd.isReadableLayer)
    #expect(!MediaType.config.isReadableLayer)
    #expect(!MediaType(rawValue: "application/vnd.oci.image.layer.v1.tar+gzip+encrypted").isReadableLayer)
  }
}
