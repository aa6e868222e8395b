/// Reads ahead in pieces of a fixed size and counts what was taken.
final class BufferedSource {
  private let source: any ByteSource
  private let buffer: UnsafeMutableRawBufferPointer
  private var start = 0
  private var end = 0
  /// Bytes taken so far.
  private(set) var offset: Int64 = 0

  init(_ source: any ByteSource) {
    self.source = source
    buffer = .allocate(byteCount: transferSize, alignment: 64)
  }

  deinit { buffer.deallocate() }

  /// Lends at most `limit` bytes; returns how many, 0 at the end of the source.
  func withAvailable(upTo limit: Int64, _ body: (UnsafeRawBufferPointer) throws -> Void) throws -> Int {
    if start == end {
      start = 0
      end = try source.read(into: buffer)
    }
    let count = Int(min(limit, Int64(end - start)))
    if count == 0 { return 0 }
    let piece = UnsafeRawBufferPointer(rebasing: buffer[start..<(start + count)])
    start += count
    offset += Int64(count)
    try body(piece)
    return count
  }

  /// Copies bytes out; large requests bypass the buffer once it is empty.
  func read(into target: UnsafeMutableRawBufferPointer) throws -> Int {
    if start == end, target.count >= buffer.count {
      let count = try source.read(into: target)
      offset += Int64(count)
      return count
    }
    return try withAvailable(upTo: Int64(target.count)) { target.copyMemory(from: $0) }
  }

  /// Exactly `count` bytes; nil when the source ends before, except that with `orEnd` an end right here gives none.
  func readExactly(_ count: Int, orEnd: Bool = false) throws -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    while bytes.count < count {
      let got = try withAvailable(upTo: Int64(count - bytes.count)) { bytes.append(contentsOf: $0) }
      if got == 0 { return orEnd && bytes.isEmpty ? bytes : nil }
    }
    return bytes
  }
}
