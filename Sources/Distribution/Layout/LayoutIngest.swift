import Content
import Linux
import OCI
import SystemPackage

/// One blob on its way into a layout: hashed while it is written, and named only when it is right.
///
/// `@unchecked Sendable`: used by one task, which waits for each call before the next.
final class LayoutIngest: @unchecked Sendable {
  private let directory: Directory
  private let descriptor: Descriptor
  private let file: FileDescriptor
  /// nil for a file without a name.
  private var temporary: String?
  private var digest: RunningDigest
  private var size: Int64 = 0

  /// Blocks, as all methods do.
  init(_ layout: ImageLayout, _ descriptor: Descriptor) throws {
    self.descriptor = descriptor
    digest = RunningDigest(descriptor.digest.algorithm)
    directory = try layout.root.ensureDirectory("blobs").ensureDirectory(descriptor.digest.algorithm.rawValue)
    do throws(Errno) {
      (file, temporary) = (try directory.unnamedFile(permissions: 0o644), nil)
    } catch {
      guard error == .notSupported || error == .isDirectory else { throw error }
      let name = ".blob-\(Directory.randomName())"
      file = try directory.file(name, .writeOnly, options: [.create, .exclusiveCreate], permissions: 0o644)
      temporary = name
    }
  }

  deinit {
    file.closeQuietly()
    if let temporary { try? directory.removeFile(temporary) }
  }

  func write(_ bytes: [UInt8]) throws {
    size += Int64(bytes.count)
    guard size <= descriptor.size else {
      throw ContentError.sizeMismatch(digest: descriptor.digest, expected: descriptor.size, actual: size)
    }
    digest.update(bytes)
    try file.writeFully(bytes)
  }

  /// Verifies and names the blob.
  ///
  /// - Throws: `ContentError` when size or digest is another; then nothing is there.
  func commit() throws {
    guard size == descriptor.size else {
      throw ContentError.sizeMismatch(digest: descriptor.digest, expected: descriptor.size, actual: size)
    }
    let actual = digest.digest
    guard actual == descriptor.digest else {
      throw ContentError.digestMismatch(expected: descriptor.digest, actual: actual)
    }
    try file.synchronize()
    let name = descriptor.digest.hex
    if let temporary {
      try directory.rename(temporary, to: name)
      self.temporary = nil
      return
    }
    do throws(Errno) {
      try directory.link(file, as: name)
    } catch {
      guard error == .fileExists else { throw error }
      // Another writer was first, or a damaged file has the name: either way this one is right.
      try directory.removeFile(name)
      try directory.link(file, as: name)
    }
  }
}
