import CCodecs

/// Bounds on what a compressed stream may become, against archives made to fill memory or disk.
package struct ReadLimits: Hashable, Sendable {
  /// Uncompressed bytes of one stream.
  package var uncompressedSize: Int64
  /// Uncompressed bytes for each compressed one, looked at once ``ratioFloor`` is exceeded.
  package var ratio: Int64
  /// Uncompressed bytes that need no justification: files full of zeros are honest.
  package var ratioFloor: Int64
  /// The decoder's window, in bytes.
  package var window: UInt64

  package init(
    uncompressedSize: Int64 = 256 << 30, ratio: Int64 = 2000, ratioFloor: Int64 = 4 << 30, window: UInt64 = 128 << 20
  ) {
    self.uncompressedSize = uncompressedSize
    self.ratio = ratio
    self.ratioFloor = ratioFloor
    self.window = window
  }

  package static let `default` = ReadLimits()
}

/// The uncompressed content of a stream in any of the known formats, or the stream itself when it is in none.
package final class DecompressingSource: ByteSource {
  private let base: any ByteSource
  private let limits: ReadLimits
  private let input: UnsafeMutableRawBufferPointer
  private var decoder: OpaquePointer?
  private var start = 0
  private var end = 0
  private var baseEnded = false
  private var ended = false
  private var compressed: Int64 = 0
  private var uncompressed: Int64 = 0

  /// The format found; nil for a stream that is passed on as it is.
  package let format: Compression.Format?

  /// Reads the first bytes of `base` to recognise the format.
  package init(_ base: any ByteSource, limits: ReadLimits = .default) throws {
    self.base = base
    self.limits = limits
    input = .allocate(byteCount: transferSize, alignment: 64)
    var filled = 0
    do {
      while filled < Compression.Format.signatureLength {
        let count = try base.read(into: UnsafeMutableRawBufferPointer(rebasing: input[filled...]))
        if count == 0 { break }
        filled += count
      }
    } catch {
      input.deallocate()
      throw error
    }
    end = filled
    compressed = Int64(filled)
    baseEnded = filled < Compression.Format.signatureLength
    format = Compression.Format(signature: input.prefix(filled))
    if let format {
      decoder = codec_decoder_create(format.codec, limits.window)
      if decoder == nil { throw LayerError.codecUnavailable("the \(format) decoder") }
    }
  }

  deinit {
    codec_decoder_free(decoder)
    input.deallocate()
  }

  package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    if buffer.isEmpty { return 0 }
    let count = try decoder.map { try decode(with: $0, into: buffer) } ?? pass(into: buffer)
    uncompressed += Int64(count)
    if uncompressed > limits.uncompressedSize { throw LayerError.tooLarge(limit: limits.uncompressedSize) }
    if format != nil, uncompressed > limits.ratioFloor, uncompressed / max(1, compressed) > limits.ratio {
      throw LayerError.suspiciousRatio(compressed: compressed, uncompressed: uncompressed)
    }
    return count
  }

  private func pass(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    if start == end { return baseEnded ? 0 : try base.read(into: buffer) }
    let count = min(buffer.count, end - start)
    buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: input[start..<(start + count)]))
    start += count
    return count
  }

  private func decode(with decoder: OpaquePointer, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    while !ended {
      if start == end, !baseEnded { try refill() }
      var source = input.bindMemory(to: UInt8.self).baseAddress.map { UnsafePointer($0 + start) }
      var available = end - start
      var target = buffer.bindMemory(to: UInt8.self).baseAddress
      var room = buffer.count
      let status = codec_decoder_step(decoder, &source, &available, &target, &room, baseEnded ? 1 : 0)
      start = end - available
      if status.rawValue < 0 { throw failure(status) }
      ended = status == CODEC_STATUS_END
      if room < buffer.count { return buffer.count - room }
    }
    return 0
  }

  private func refill() throws {
    let count = try base.read(into: input)
    start = 0
    end = count
    compressed += Int64(count)
    baseEnded = count == 0
  }

  private func failure(_ status: codec_status) -> LayerError {
    guard let format else { return .codecUnavailable("the decoder") }
    return switch status {
    case CODEC_STATUS_TRUNCATED: .truncatedCompression(format)
    case CODEC_STATUS_NO_MEMORY: .windowTooLarge(format)
    default: .corrupt(format)
    }
  }
}
