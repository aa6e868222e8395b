import OCI
import SystemPackage

/// Something that bytes are pulled from, by one thread at a time.
package protocol ByteSource: AnyObject {
  /// Fills a prefix of `buffer`.
  ///
  /// - Returns: how many bytes were stored, at least one; 0 only at the end of the stream.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
}

/// Something that takes bytes, by one thread at a time; it takes all of them or throws.
package protocol ByteSink: AnyObject {
  func write(_ bytes: UnsafeRawBufferPointer) throws
}

/// A sink that has something to write at the end of the stream.
package protocol FinishingSink: ByteSink {
  /// Writes what is outstanding. Nothing may be written afterwards; a sink that is dropped without it stays incomplete.
  func finish() throws
}

/// The size of the buffers that content moves through: large enough for the system call not to count, small enough
/// for the second-level cache, where three digests and the codec then find it.
let transferSize = 256 << 10

/// Reads an open file from its current offset, or a range of it; the descriptor stays the caller's.
package final class FileSource: ByteSource {
  private let descriptor: FileDescriptor
  private var offset: Int64?
  private var remaining: Int64

  /// Reads sequentially to the end.
  package init(_ descriptor: FileDescriptor) {
    self.descriptor = descriptor
    offset = nil
    remaining = .max
  }

  /// Reads at most `length` bytes from `offset`, without moving the descriptor's own offset.
  package init(_ descriptor: FileDescriptor, offset: Int64, length: Int64 = .max) {
    self.descriptor = descriptor
    self.offset = offset
    remaining = length
  }

  package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let target = UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(Int(min(Int64(buffer.count), remaining))))
    if target.isEmpty { return 0 }
    let count: Int
    if let position = offset {
      count = try descriptor.read(fromAbsoluteOffset: position, into: target)
      offset = position + Int64(count)
    } else {
      count = try descriptor.read(into: target)
    }
    remaining -= Int64(count)
    return count
  }
}

/// Writes to an open file at its current offset; the descriptor stays the caller's.
package final class FileSink: ByteSink {
  private let descriptor: FileDescriptor

  package init(_ descriptor: FileDescriptor) { self.descriptor = descriptor }

  package func write(_ bytes: UnsafeRawBufferPointer) throws { try descriptor.writeAll(bytes) }
}

/// Hands out bytes from memory.
package final class MemorySource: ByteSource {
  private let bytes: [UInt8]
  private var position = 0

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  package func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(buffer.count, bytes.count - position)
    buffer.copyBytes(from: bytes[position..<(position + count)])
    position += count
    return count
  }
}

/// Collects bytes in memory.
package final class MemorySink: ByteSink {
  package private(set) var bytes: [UInt8] = []

  package init() {}

  package func write(_ bytes: UnsafeRawBufferPointer) { self.bytes.append(contentsOf: bytes) }
}

/// Passes bytes on, counting and hashing them.
final class DigestingSink: ByteSink {
  private let next: any ByteSink
  private var hash = ContentHash()
  /// Bytes that went through.
  private(set) var count: Int64 = 0

  private let isHashing: Bool

  /// - Parameter isHashing: false to count only.
  init(_ next: any ByteSink, isHashing: Bool = true) {
    self.next = next
    self.isHashing = isHashing
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    if isHashing { hash.update(bytes) }
    count += Int64(bytes.count)
    try next.write(bytes)
  }

  /// The SHA-256 of all that went through so far.
  var digest: Digest { hash.digest }
}

/// Hands on bytes of another source, counting and hashing them.
final class DigestingSource: ByteSource {
  private let base: any ByteSource
  private var hash = ContentHash()

  init(_ base: any ByteSource) { self.base = base }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let count = try base.read(into: buffer)
    hash.update(UnsafeRawBufferPointer(rebasing: buffer.prefix(count)))
    return count
  }

  /// The SHA-256 of all that was read so far.
  var digest: Digest { hash.digest }
}
