import Content
import struct Crypto.SHA256
import Layers
import Linux
import OCI
import SystemPackage

extension ContextScanner {
  /// Reads those of `files`, or of all, whose digest is not known and remembers the digests.
  ///
  /// - Throws: `PathError` for a file that cannot be opened, `Errno` for one that cannot be read, `CancellationError`.
  func hashing(
    _ scan: ContextScan, only files: Set<EntryPath>? = nil, cancellation: CancellationFlag
  ) throws -> ContextScan {
    var scan = scan
    var digests: [(FileIdentity, Digest)] = []
    for position in scan.entries.indices {
      let entry = scan.entries[position]
      guard files?.contains(entry.path) != false, let identity = scan.unhashed[entry.path],
        case .file(let size, _) = entry.kind
      else { continue }
      let file = try explaining("open", entry.path.bytes) { () throws(Errno) in
        try root.file(entry.path.bytes, .readOnly, .beneathWithoutLinks)
      }
      defer { file.closeQuietly() }
      let digest = try Self.digest(of: FileSource(file), cancellation)
      scan.entries[position].kind = .file(size: size, digest: digest)
      scan.unhashed[entry.path] = nil
      digests.append((identity, digest))
    }
    try records.setFileDigests(digests)
    return scan
  }

  private static func digest(of source: FileSource, _ cancellation: CancellationFlag) throws -> Digest {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 4096)
    defer { buffer.deallocate() }
    var hash = SHA256()
    while true {
      try cancellation.check()
      let count = try source.read(into: buffer)
      if count == 0 { return Digest(sha256: hash.finalize()) }
      hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: buffer.prefix(count)))
    }
  }
}
