import CCodecs

/// Room for one chunk of a deflate stream: the dictionary, the input and the compressed result.
///
/// Owned by one thread at a time: by the writing thread, from its submission until it is done by a worker.
/// `@unchecked Sendable` because that hand-over, under the lock of ``ChunkCrew``, is what the compiler cannot see.
final class ChunkSlot: @unchecked Sendable {
  private static let window = Int(CODEC_DEFLATE_WINDOW)

  /// The window before the chunk, at its end aligned with the start of the chunk's bytes.
  private let input: UnsafeMutableRawBufferPointer
  private let output: UnsafeMutableRawBufferPointer
  private var dictionaryCount = 0
  private var outputCount = -1
  /// Input bytes in the chunk.
  private(set) var count = 0
  /// CRC-32 of the chunk's input, once compressed.
  private(set) var crc: UInt32 = 0
  /// Guarded by the crew's lock.
  var isDone = false

  init() {
    input = .allocate(byteCount: Self.window + ParallelGzip.chunkSize, alignment: 64)
    output = .allocate(byteCount: codec_deflate_bound(ParallelGzip.chunkSize), alignment: 64)
  }

  deinit {
    input.deallocate()
    output.deallocate()
  }

  var isFull: Bool { count == ParallelGzip.chunkSize }

  /// Takes as much of `bytes` as fits; returns how much that is.
  func append(_ bytes: UnsafeRawBufferPointer) -> Int {
    let taken = min(bytes.count, ParallelGzip.chunkSize - count)
    let target = UnsafeMutableRawBufferPointer(rebasing: input[(Self.window + count)...])
    target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes.prefix(taken)))
    count += taken
    return taken
  }

  /// Empties the slot for the chunk that follows `previous`, whose end becomes the dictionary.
  ///
  /// `previous` may be compressed at the same time: both only read it.
  func begin(after previous: ChunkSlot) {
    let start = Self.window + previous.count - Self.window
    input.copyMemory(from: UnsafeRawBufferPointer(rebasing: previous.input[start..<(start + Self.window)]))
    dictionaryCount = Self.window
    count = 0
    outputCount = -1
    isDone = false
  }

  /// Compresses the chunk; the outcome is ``result``.
  func compress(with deflater: Deflater) {
    let all = input.bindMemory(to: UInt8.self)
    guard let base = all.baseAddress, let out = output.bindMemory(to: UInt8.self).baseAddress else { return }
    let chunk = base + Self.window
    crc = codec_crc32(0, chunk, count)
    outputCount = codec_deflate_chunk(
      deflater.codec, chunk - dictionaryCount, dictionaryCount, chunk, count, out, output.count)
  }

  /// The compressed bytes, valid until the slot begins another chunk; nil when the encoder failed.
  var result: UnsafeRawBufferPointer? {
    outputCount < 0 ? nil : UnsafeRawBufferPointer(rebasing: output[..<outputCount])
  }
}
