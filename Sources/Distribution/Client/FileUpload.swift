import Linux
import protocol NIOCore.EventLoop
import struct NIOCore.ByteBuffer
import struct NIOCore.ByteBufferAllocator
import OCI
import SystemPackage

/// A part of a file as the body of a request, read in large pieces while it is sent; every iteration starts at its beginning.
struct FileUpload: AsyncSequence, Sendable {
  typealias Element = ByteBuffer

  /// Bytes in a piece: larger ones cost memory for every upload under way and were measured to be no faster.
  static let pieceSize = 1 << 19

  let file: OpenFile
  /// Where in the file the part begins.
  let start: Int64
  let length: Int64
  /// Called with the number of bytes of each piece when it is handed to the connection.
  let progress: @Sendable (Int) -> Void
  /// The loop of the connection that sends.
  let loop: any EventLoop

  func makeAsyncIterator() -> Iterator { Iterator(upload: self) }

  struct Iterator: AsyncIteratorProtocol {
    let upload: FileUpload
    var offset: Int64 = 0

    /// - Throws: `Errno` from reading, `CancellationError`; a file that has become shorter ends early, which the
    ///   connection notices because the length was announced.
    mutating func next() async throws -> ByteBuffer? {
      let count = Int(Swift.min(Int64(FileUpload.pieceSize), upload.length - offset))
      guard count > 0 else { return nil }
      let (file, position) = (upload.file, upload.start + offset)
      // The connection says that it is full only after its loop has handled the piece before; without waiting for that,
      // a fast disk piles up pieces without bound.
      if offset > 0 { try await upload.loop.submit {}.get() }
      let piece = try await BlockingPool.shared.run { try file.read(count, at: position) }
      guard piece.readableBytes > 0 else { return nil }
      offset += Int64(piece.readableBytes)
      upload.progress(piece.readableBytes)
      return piece
    }
  }
}

/// An open file, closed when nobody refers to it: the connection may read on after its request has failed.
final class OpenFile: Sendable {
  private let descriptor: FileDescriptor

  init(adopting descriptor: FileDescriptor) { self.descriptor = descriptor }

  deinit { try? descriptor.close() }

  /// Up to `count` bytes from `offset`, fewer only at the end of the file.
  func read(_ count: Int, at offset: Int64) throws -> ByteBuffer {
    var buffer = ByteBufferAllocator().buffer(capacity: count)
    try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { space in
      var filled = 0
      while filled < count {
        let rest = UnsafeMutableRawBufferPointer(rebasing: space[filled..<count])
        let got = try descriptor.read(fromAbsoluteOffset: offset + Int64(filled), into: rest)
        if got == 0 { break }
        filled += got
      }
      return filled
    }
    return buffer
  }
}
