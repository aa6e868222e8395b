import Layers
import Linux
import OCI
import Planning
import SystemPackage
import TestSupport
import Testing

@testable import Distribution

extension AttackTests {
  private static let none = RunningDigest.digest(of: [], .sha256)

  /// A ustar archive with one small file, changed by `change` before its sum is made.
  private static func archive(_ change: (inout [UInt8]) -> Void = { _ in }) -> [UInt8] {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at offset: Int) {
      header.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
    }
    put("file", at: 0)
    put("0000644", at: 100)
    put("0000000", at: 108)
    put("0000000", at: 116)
    put("00000000005", at: 124)
    put("00000000000", at: 136)
    put("        ", at: 148)
    put("0", at: 156)
    put("ustar\0" + "00", at: 257)
    change(&header)
    let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
    put(String(repeating: "0", count: 6 - sum.utf8.count) + sum + "\0", at: 148)
    return header + Array("hello".utf8) + [UInt8](repeating: 0, count: 507 + 1024)
  }

  private static func index(_ bytes: [UInt8], diffID: Digest? = nil, limits: ReadLimits = .default) throws -> LayerIndex
  {
    try LayerReader.index(of: MemorySource(bytes), mediaType: .layer, diffID: diffID, limits: limits).index
  }

  func otherDiffID() throws {
    #expect(throws: LayerError.self) { try Self.index(Self.archive(), diffID: Self.none) }
    let right = RunningDigest.digest(of: Self.archive(), .sha256)
    #expect(try Self.index(Self.archive(), diffID: right).entries.count == 1)
  }

  func bombs() throws {
    let zeros = [UInt8](repeating: 0, count: 32 << 20)
    for format in [Compression.gzip(level: 1), .zstd(level: 3)] {
      let sink = MemorySink()
      let compressor = try format.compressor(into: sink, workers: 1)
      try zeros.withUnsafeBytes { try compressor.write($0) }
      try compressor.finish()
      let bomb = sink.bytes
      for limits in [ReadLimits(uncompressedSize: 1 << 20), ReadLimits(ratio: 50, ratioFloor: 1 << 20)] {
        let source = try DecompressingSource(MemorySource(bomb), limits: limits)
        var count = 0
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { buffer.deallocate() }
        #expect(throws: LayerError.self) {
          while case let got = try source.read(into: buffer), got > 0 { count += got }
        }
        #expect(count <= 4 << 20)
      }
    }
    try realBombs()
    // A window of 2 GiB: the frame's header alone.
    let window: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0x00, 0x00]
    #expect(throws: (any Error).self) { try Self.index(window) }
    // A pax header of 1 GiB.
    let pax = Self.archive { header in
      header.replaceSubrange(124..<135, with: Array("10000000000".utf8))
      header[156] = UInt8(ascii: "x")
    }
    #expect(throws: LayerError.self) { try Self.index(pax) }
  }

  /// Ten GiB of zeros in many members: gzip stops at the ceiling, zstd at the default ratio.
  private func realBombs() throws {
    let zeros = [UInt8](repeating: 0, count: 64 << 20)
    let cases: [(Compression, ReadLimits, Int)] = [
      (.gzip(level: 1), ReadLimits(uncompressedSize: 1 << 30), 1 << 30), (.zstd(level: 1), .default, 4 << 30),
    ]
    for (format, limits, most) in cases {
      let sink = MemorySink()
      let compressor = try format.compressor(into: sink, workers: 1)
      try zeros.withUnsafeBytes { try compressor.write($0) }
      try compressor.finish()
      let endless = RepeatingSource(sink.bytes, count: 160)
      let source = try DecompressingSource(endless, limits: limits)
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4 << 20, alignment: 16)
      defer { buffer.deallocate() }
      var count = 0
      #expect(throws: LayerError.self) {
        while case let got = try source.read(into: buffer), got > 0 { count += got }
      }
      #expect((most - (8 << 20)...most + (8 << 20)).contains(count), "\(format)")
      #expect(endless.delivered < sink.bytes.count * 160)
    }
  }

  /// Archives that would need gigabytes: a map of 10^7 sparse regions, and 10^6 entries a thousand directories deep.
  func hugeArchives() throws {
    // GNU's map goes on in further blocks of 21 regions each, every one saying that there is another.
    var extended = [UInt8](repeating: UInt8(ascii: "0"), count: 512)
    extended[504] = 1
    let sparse = Self.archive { header in
      header[156] = UInt8(ascii: "S")
      header.replaceSubrange(257..<265, with: Array("ustar  \0".utf8))
      header[482] = 1
    }
    let map = RepeatingSource(first: Array(sparse.prefix(512)), extended, count: 10_000_000 / 21)
    #expect(throws: LayerError.self) { try LayerIndex.read(from: map) }
    #expect(map.delivered <= 1 << 20)
    let path = Array(String(repeating: "d/", count: 1000).utf8) + Array("f".utf8)
    var name = Self.archive { header in
      header.replaceSubrange(0..<13, with: Array("././@LongLink".utf8))
      header.replaceSubrange(124..<135, with: Array("00000003721".utf8))
      header[156] = UInt8(ascii: "L")
    }
    name = Array(name.prefix(512)) + path + [UInt8](repeating: 0, count: 2048 - path.count)
    let entry = Self.archive { $0.replaceSubrange(124..<135, with: Array("00000000000".utf8)) }
    let deep = RepeatingSource(name + entry.prefix(512), count: 1_000_000)
    // The first of them is too deep already.
    let error = #expect(throws: LayerError.self) { try LayerIndex.read(from: deep) }
    #expect(error.map { "\($0)".contains("too deep") } == true)
    #expect(deep.delivered <= 1 << 20)
  }

  func differentArchives() async throws {
    let cases: [(String, [UInt8])] = [
      ("plain", Self.archive()),
      ("NUL in the name", Self.archive { $0[5] = UInt8(ascii: "x") }),
      ("negative size", Self.archive { $0.replaceSubrange(124..<136, with: [UInt8](repeating: 0xff, count: 12)) }),
      ("no end", Array(Self.archive().dropLast(1024))),
      ("cut content", Array(Self.archive().prefix(514))),
      ("data after the end", Self.archive() + Self.archive { $0[0] = UInt8(ascii: "z") }),
    ]
    for (name, bytes) in cases {
      let ours = try? Self.index(bytes).entries.map { String(decoding: $0.path.bytes, as: UTF8.self) }
      try await withTemporaryDirectory { directory, handle in
        let file = try handle.file("a.tar", .writeOnly, options: [.create], permissions: 0o600)
        try file.closeAfter { try file.writeFully(bytes) }
        let theirs = try? await Tool.run("tar", ["-tf", "\(directory)/a.tar"])
        guard let ours else { return }
        #expect(theirs?.split(separator: "\n").map(String.init) == ours, "\(name)")
      }
    }
  }

  func manyMembers() async throws {
    let archive = Self.archive()
    try await withTemporaryDirectory { directory, handle in
      for (name, part) in [("1", archive.prefix(300)), ("2", archive.dropFirst(300))] {
        let file = try handle.file(name, .writeOnly, options: [.create], permissions: 0o600)
        try file.closeAfter { try file.writeFully(Array(part)) }
      }
      let skippable = #"printf '\120\052\115\030\004\000\000\000skip'"#
      for command in ["gzip -c 1; gzip -c 2", "zstd -qc 1; \(skippable); zstd -qc 2"] {
        try await Tool.run("sh", ["-c", "cd \(directory) && { \(command); } > both"])
        let file = try handle.file("both")
        let bytes = try file.closeAfter { try file.readAll(limit: 1 << 20) }
        let right = RunningDigest.digest(of: archive, .sha256)
        #expect(try Self.index(bytes, diffID: right).entries.count == 1)
      }
    }
  }

  /// An image that shows the history of the next steps but has other layers: the key is made from the layers.
  func poisonedParent() throws {
    func image(_ seed: String) -> ImageConfig {
      var config = ImageConfig(platform: Platform(architecture: "amd64"))
      config.rootfs.diffIDs = [RunningDigest.digest(of: Array(seed.utf8), .sha256)]
      config.history = [ImageConfig.History(created: nil, createdBy: "RUN make all")]
      return config
    }
    func key(_ config: ImageConfig) -> Digest {
      CacheInputs(kind: "run", parent: .chainID(of: config.rootfs.diffIDs), platform: config.platform).key
    }
    var renamed = image("good")
    renamed.history = nil
    #expect(key(image("good")) != key(image("evil")))
    #expect(key(image("good")) == key(renamed))
  }
}

/// The same bytes many times, made as they are read.
private final class RepeatingSource: ByteSource {
  private let first: [UInt8]
  private let bytes: [UInt8]
  private let end: Int
  /// Bytes read so far.
  private(set) var delivered = 0

  init(first: [UInt8] = [], _ bytes: [UInt8], count: Int) {
    self.first = first
    self.bytes = bytes
    end = first.count + bytes.count * count
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    var filled = 0
    while filled < buffer.count, delivered < end {
      let isFirst = delivered < first.count
      let part = isFirst ? first : bytes
      let offset = isFirst ? delivered : (delivered - first.count) % bytes.count
      let count = min(part.count - offset, buffer.count - filled)
      part.withUnsafeBytes { source in
        UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<filled + count])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[offset..<offset + count]))
      }
      filled += count
      delivered += count
    }
    return filled
  }
}
