import CCodecs

/// Writes one gzip member (RFC 1952) with several threads compressing.
///
/// The input is cut into chunks of a fixed size, each compressed on its own with the 32 KiB before it as dictionary and
/// ended by a sync flush; joined in order they are one deflate stream. The result depends on the input and the level
/// only, never on the number of threads or on how the input was cut into writes. The header holds neither time nor name.
/// Levels 1 and 2 are ISA-L's: their bytes are the same on every x86-64 processor with SSE 4.2, but on arm64 the library
/// finds other matches. Levels from 3 are zlib's and the same everywhere.
///
/// Threads start with the second chunk, so small layers cost none. They end in `finish()` or when the object goes.
package final class ParallelGzip: FinishingSink {
  /// Input bytes of a chunk.
  static let chunkSize = 512 << 10

  private let sink: any ByteSink
  private let level: Int
  private let workers: Int
  private var slots: [ChunkSlot] = []
  private var crew: ChunkCrew?
  /// Chunks that are complete: handed to the crew, or compressed here. The next one is being filled.
  private var submitted = 0
  /// Chunks whose compressed bytes went to the sink.
  private var written = 0
  private var crc: UInt32 = 0
  private var length: UInt64 = 0

  /// - Throws: ``LayerError/codecUnavailable(_:)`` when the level is not in 1...9.
  package init(into sink: any ByteSink, level: Int, workers: Int) throws {
    guard (1...9).contains(level) else { throw LayerError.codecUnavailable("gzip level \(level)") }
    self.sink = sink
    self.level = level
    self.workers = max(1, workers)
    slots.append(ChunkSlot())
  }

  package func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    while !rest.isEmpty {
      if current.isFull { try submit() }
      rest = UnsafeRawBufferPointer(rebasing: rest[current.append(rest)...])
    }
  }

  package func finish() throws {
    if let crew {
      crew.submit(current)
    } else {
      guard let deflater = Deflater(level: level) else { throw LayerError.codecUnavailable("gzip level \(level)") }
      current.compress(with: deflater)
    }
    submitted += 1
    try drain(to: submitted)
    crew?.stop()
    try writeTrailer()
  }

  private var current: ChunkSlot { slots[submitted % slots.count] }

  /// Hands the full chunk to the crew and makes room for the next one.
  private func submit() throws {
    let full = current
    if crew == nil {
      // Two chunks a worker keep all busy while this thread reads; one more is being filled.
      for _ in 0..<(2 * workers) { slots.append(ChunkSlot()) }
      crew = try ChunkCrew(workers: workers, level: level)
    }
    crew?.submit(full)
    submitted += 1
    try drain(to: submitted - slots.count + 1)
    current.begin(after: full)
  }

  /// Writes out chunks in order: those before `required` after waiting for them, others as far as they are ready.
  private func drain(to required: Int) throws {
    while written < submitted {
      let slot = slots[written % slots.count]
      if written < required { crew?.wait(for: slot) } else if crew?.isDone(slot) != true { return }
      guard let result = slot.result else { throw LayerError.codecUnavailable("gzip level \(level)") }
      if written == 0 { try writeHeader() }
      try sink.write(result)
      crc = codec_crc32_combine(crc, slot.crc, UInt64(slot.count))
      length += UInt64(slot.count)
      written += 1
    }
  }

  private func writeHeader() throws {
    // Magic, deflate, no flags, no time; XFL 4 for fast or 2 for small levels; OS unknown.
    let header: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, level == 1 ? 4 : level == 9 ? 2 : 0, 255]
    try header.withUnsafeBytes { try sink.write($0) }
  }

  private func writeTrailer() throws {
    // An empty final block with fixed codes, then CRC-32 and length modulo 2^32, both little-endian.
    var trailer: [UInt8] = [0x03, 0x00]
    for value in [crc, UInt32(truncatingIfNeeded: length)] {
      for shift in stride(from: 0, to: 32, by: 8) { trailer.append(UInt8(truncatingIfNeeded: value >> UInt32(shift))) }
    }
    try trailer.withUnsafeBytes { try sink.write($0) }
  }
}

/// The encoder of one thread.
final class Deflater {
  let codec: OpaquePointer

  init?(level: Int) {
    guard let codec = codec_deflater_create(Int32(level)) else { return nil }
    self.codec = codec
  }

  deinit { codec_deflater_free(codec) }
}
