import CCodecs

/// Writes one zstd frame (RFC 8878) with libzstd's own threads over jobs of a fixed size.
///
/// The bytes do not depend on the number of threads nor on how the input was cut into writes, but, unlike deflate's
/// here, on the version of libzstd.
package final class ZstdWriter: FinishingSink {
  private let sink: any ByteSink
  private let encoder: OpaquePointer
  private let output: UnsafeMutableRawBufferPointer

  /// - Throws: ``LayerError/codecUnavailable(_:)`` when the level is unknown or the library has no threads.
  package init(into sink: any ByteSink, level: Int, workers: Int) throws {
    guard let encoder = codec_zstd_encoder_create(Int32(clamping: level), Int32(clamping: workers)) else {
      throw LayerError.codecUnavailable("zstd level \(level)")
    }
    self.sink = sink
    self.encoder = encoder
    output = .allocate(byteCount: transferSize, alignment: 64)
  }

  deinit {
    codec_zstd_encoder_free(encoder)
    output.deallocate()
  }

  package func write(_ bytes: UnsafeRawBufferPointer) throws {
    var input = bytes.bindMemory(to: UInt8.self).baseAddress
    var length = bytes.count
    while length > 0 { _ = try step(&input, &length, end: false) }
  }

  package func finish() throws {
    var input: UnsafePointer<UInt8>?
    var length = 0
    while try !step(&input, &length, end: true) {}
  }

  /// One call of the encoder; true when the frame is complete.
  private func step(_ input: inout UnsafePointer<UInt8>?, _ length: inout Int, end: Bool) throws -> Bool {
    var target = output.bindMemory(to: UInt8.self).baseAddress
    var room = output.count
    let status = codec_zstd_encoder_step(encoder, &input, &length, &target, &room, end ? 1 : 0)
    if status < 0 { throw LayerError.codecUnavailable("the zstd encoder") }
    if room < output.count { try sink.write(UnsafeRawBufferPointer(rebasing: output[..<(output.count - room)])) }
    return status == 1
  }
}
