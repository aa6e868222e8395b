import struct Crypto.SHA256
import Glibc
import OCI
import SystemPackage

/// One blob on its way into the store, in a private temporary file that vanishes unless it is committed.
///
/// Owned by one task at a time. The file has no name where the file system allows it, so not even SIGKILL leaves a part of
/// a blob behind.
package final class Ingest {
  private let store: ContentStore
  private var file: FileDescriptor?
  /// The temporary name; nil for an anonymous file.
  private let temporary: FilePath?
  private var hash: SHA256?
  /// Bytes written so far.
  package private(set) var size: Int64 = 0

  init(store: ContentStore, hashing: Bool) throws {
    self.store = store
    hash = hashing ? SHA256() : nil
    let directory = store.root.appending("ingest")
    let anonymous = Glibc.open(directory.string, O_WRONLY | O_CLOEXEC | Self.temporaryFile, 0o644)
    if anonymous >= 0 {
      (file, temporary) = (FileDescriptor(rawValue: anonymous), nil)
      return
    }
    guard errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT else { throw Errno(rawValue: errno) }
    let (named, path) = try ContentStore.makeTemporaryFile(directory.appending("blob-"))
    fchmod(named.rawValue, 0o644)
    (file, temporary) = (named, path)
  }

  deinit { cancel() }

  /// Appends bytes, hashing them on the way unless the writer said that it hashes itself.
  ///
  /// - Throws: `Errno`, such as no space left.
  package func write(_ bytes: UnsafeRawBufferPointer) throws {
    guard let file else { preconditionFailure("an ingest is written to before it ends") }
    hash?.update(bufferPointer: bytes)
    _ = try file.writeAll(bytes)
    size += Int64(bytes.count)
  }

  /// Appends the bytes of an array.
  package func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

  /// Verifies, syncs and names the blob. Committing what is already in the store is fine and keeps one copy.
  ///
  /// - Parameters:
  ///   - expected: what digest and size were promised; nil accepts what came.
  ///   - known: the digest, when the writer hashed the bytes itself.
  /// - Throws: `ContentError` when a promise was broken, `Errno` when the disk fails; nothing is stored then.
  @discardableResult
  package func commit(expecting expected: Descriptor? = nil, knownDigest known: Digest? = nil) throws -> (
    digest: Digest, size: Int64
  ) {
    guard let file else { preconditionFailure("an ingest is committed once") }
    defer { cancel() }
    guard let digest = hash.map({ Digest(sha256: $0.finalize()) }) ?? known else {
      preconditionFailure("an ingest without a hash needs the digest from its writer")
    }
    if let expected {
      guard expected.size == size else {
        throw ContentError.sizeMismatch(digest: expected.digest, expected: expected.size, actual: size)
      }
      guard expected.digest == digest else {
        throw ContentError.digestMismatch(expected: expected.digest, actual: digest)
      }
    }
    guard store.size(of: digest) != size else { return (digest, size) }
    guard fdatasync(file.rawValue) == 0 else { throw Errno(rawValue: errno) }
    try place(file, at: store.path(of: digest))
    return (digest, size)
  }

  /// Gives the blob up; what was written is gone. Harmless after a commit.
  package func cancel() {
    guard let file else { return }
    self.file = nil
    if let temporary { unlink(temporary.string) }
    try? file.close()
  }

  private func place(_ file: FileDescriptor, at path: FilePath) throws {
    if let temporary {
      guard rename(temporary.string, path.string) == 0 else { throw Errno(rawValue: errno) }
      return
    }
    let source = "/proc/self/fd/\(file.rawValue)"
    if linkat(AT_FDCWD, source, AT_FDCWD, path.string, AT_SYMLINK_FOLLOW) == 0 { return }
    guard errno == EEXIST else { throw Errno(rawValue: errno) }
    // Another writer was first; but a file of another size under this name is damaged and is replaced.
    var status = stat()
    if stat(path.string, &status) == 0, Int64(status.st_size) == size { return }
    unlink(path.string)
    guard linkat(AT_FDCWD, source, AT_FDCWD, path.string, AT_SYMLINK_FOLLOW) == 0 || errno == EEXIST else {
      throw Errno(rawValue: errno)
    }
  }

  /// `O_TMPFILE`, which Glibc's overlay does not import.
  private static let temporaryFile: CInt = 0o20_000_000 | O_DIRECTORY
}

extension ContentStore {
  /// Begins writing a blob.
  ///
  /// - Parameter hashing: false when the writer computes the digest in its own pass and gives it to `commit`.
  /// - Throws: `Errno` when no file can be made.
  package func ingest(hashing: Bool = true) throws -> Ingest { try Ingest(store: self, hashing: hashing) }
}
