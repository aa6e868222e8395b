import OCI
import Testing

@testable import Layers

@Suite("ELF files and platforms")
struct ELFHeaderTests {
  /// A header of 64 bytes.
  static func header(
    machine: UInt16, is64Bit: Bool = true, isBigEndian: Bool = false, type: UInt16 = 2, flags: UInt32 = 0
  ) -> [UInt8] {
    var bytes: [UInt8] =
      [0x7F, 0x45, 0x4C, 0x46, is64Bit ? 2 : 1, isBigEndian ? 2 : 1, 1] + [UInt8](repeating: 0, count: 57)
    func put(_ value: UInt32, size: Int, at offset: Int) {
      for position in 0..<size {
        let shift = 8 * UInt32(isBigEndian ? size - 1 - position : position)
        bytes[offset + position] = UInt8(truncatingIfNeeded: value >> shift)
      }
    }
    put(UInt32(type), size: 2, at: 16)
    put(UInt32(machine), size: 2, at: 18)
    put(flags, size: 4, at: is64Bit ? 48 : 36)
    return bytes
  }

  @Test(
    "right and wrong machines",
    arguments: [
      ("amd64", header(machine: 62), nil), ("amd64", header(machine: 3, is64Bit: false), nil),
      ("amd64", header(machine: 183), "found arm64 (64-bit, little-endian), expected amd64"),
      ("arm64", header(machine: 183), nil), ("arm64", header(machine: 62), "found amd64"),
      ("arm64", header(machine: 40, is64Bit: false, flags: 0x500_0400), "found arm (32-bit"),
      ("arm/v7", header(machine: 40, is64Bit: false, flags: 0x500_0400), nil),
      ("arm/v7", header(machine: 40, is64Bit: false, flags: 0x500_0200), nil),
      ("arm/v7", header(machine: 40, is64Bit: false, flags: 0x400_0000), "EABI version 4"),
      ("ppc64le", header(machine: 21, flags: 2), nil), ("ppc64le", header(machine: 21, flags: 1), "ABI version 1"),
      ("ppc64le", header(machine: 21, isBigEndian: true), "found ppc64 (64-bit, big-endian)"),
      ("riscv64", header(machine: 243, flags: 5), nil), ("riscv64", header(machine: 243, is64Bit: false), "32-bit"),
      ("s390x", header(machine: 22, isBigEndian: true), nil),
      ("arm64", header(machine: 247), nil), ("arm64", header(machine: 62, type: 4), nil),
      ("arm64", header(machine: 9999), "machine 9999"),
    ] as [(String, [UInt8], String?)])
  func platforms(name: String, bytes: [UInt8], why: String?) throws {
    let platform = try #require(Platform(parsing: "linux/\(name)"))
    let mismatch = try #require(ELFHeader(bytes)).mismatch(with: platform)
    #expect((mismatch == nil) == (why == nil), "\(mismatch ?? "no mismatch")")
    if let why { #expect(mismatch?.contains(why) == true, "\(mismatch ?? "")") }
  }

  @Test("a soft-float program with a loader is none for hard-float systems")
  func softFloat() throws {
    var bytes = Self.header(machine: 40, is64Bit: false, flags: 0x500_0200)
    // One program header of 32 bytes at 52: PT_INTERP.
    bytes[28] = 52
    bytes[42] = 32
    bytes[44] = 1
    bytes = Array(bytes[..<52]) + [3] + [UInt8](repeating: 0, count: 31)
    let header = try #require(ELFHeader(bytes))
    #expect(header.isDynamic)
    #expect(header.mismatch(with: try #require(Platform(parsing: "linux/arm/v7")))?.contains("soft-float") == true)
    #expect(header.mismatch(with: try #require(Platform(parsing: "linux/arm/v5"))) == nil)
  }

  @Test(
    "no ELF file", arguments: [[], [0x7F], Array("#!/bin/sh\n".utf8), Array(header(machine: 62)[..<40])] as [[UInt8]])
  func others(bytes: [UInt8]) { #expect(ELFHeader(bytes) == nil) }

  @Test("an index knows the programs of a layer, written or read, and keeps them in its encoding")
  func index() throws {
    let program = Self.header(machine: 183)
    let sink = MemorySink()
    let writer = try LayerWriter(into: sink, compression: .none, workers: 1)
    func file(_ path: String, _ content: [UInt8]) throws {
      let entry = LayerEntry(path: EntryPath(path)!, kind: .file(size: Int64(content.count), digest: nil), mode: 0o755)
      // In small pieces, as a stream may come.
      try writer.add(entry, content: .stream(PiecewiseSource(content, length: 7)))
    }
    try file("bin", program + [UInt8](repeating: 1, count: 3000))
    try file("text", Array("text".utf8))
    let written = try writer.finish()
    #expect(written.index.binaries == [EntryPath("bin")!: ELFHeader(program)!])
    let read = try LayerIndex.read(from: MemorySource(sink.bytes))
    #expect(read == written.index)
    #expect(try LayerIndex(encoded: read.encoded()) == read)
  }
}

/// Gives its bytes a few at a time.
private final class PiecewiseSource: ByteSource {
  private var rest: ArraySlice<UInt8>
  private let length: Int

  init(_ bytes: [UInt8], length: Int) {
    rest = bytes[...]
    self.length = length
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let piece = rest.prefix(min(length, buffer.count))
    buffer.copyBytes(from: piece)
    rest.removeFirst(piece.count)
    return piece.count
  }
}
