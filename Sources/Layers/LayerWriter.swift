import Linux
import OCI
import SystemPackage

/// Where the content of a file comes from.
package enum FileContent {
  /// An open file that is read from its start and must have exactly the entry's size; the descriptor stays the caller's.
  case file(FileDescriptor)
  /// The entry's size of bytes of an open file from `offset`.
  case range(FileDescriptor, offset: Int64)
  case bytes([UInt8])
  /// A stream that must have exactly the entry's size.
  case stream(any ByteSource)
}

/// What came of writing a layer.
package struct WrittenLayer: Hashable, Sendable {
  package let mediaType: MediaType
  /// Of the bytes as stored.
  package let digest: Digest
  /// Of the uncompressed archive.
  package let diffID: Digest
  /// Bytes as stored.
  package let size: Int64
  /// Bytes of the uncompressed archive.
  package let uncompressedSize: Int64
  /// With the digests of all files.
  package let index: LayerIndex

  package var descriptor: Descriptor { Descriptor(mediaType: mediaType, digest: digest, size: size) }
}

/// Writes a layer in one pass over its content: file digests, archive, diffID, compression and digest.
///
/// Entries come in path order, so that a layer's bytes depend on what it contains only. Blocking; used by one thread.
/// Implements [OCI image specification, "Image Layer Filesystem Changeset"](https://github.com/opencontainers/image-spec/blob/v1.1.0/layer.md).
package final class LayerWriter {
  private let compression: Compression
  private let stored: DigestingSink
  private let compressor: any FinishingSink
  private let uncompressed: DigestingSink
  private let tar: TarWriter
  private var entries: [LayerEntry] = []
  private var binaries: [EntryPath: ELFHeader] = [:]
  /// Targets of hard links that have not come yet; when they do come, the link cannot be unpacked.
  private var pendingTargets: [EntryPath: EntryPath] = [:]
  private let buffer: UnsafeMutableRawBufferPointer

  /// - Parameters:
  ///   - sink: takes the bytes as stored; the caller commits them after ``finish()``.
  ///   - workers: threads that compress; the bytes do not depend on it.
  /// - Throws: ``LayerError/codecUnavailable(_:)``.
  package init(into sink: any ByteSink, compression: Compression = .default, workers: Int) throws {
    self.compression = compression
    stored = DigestingSink(sink, isHashing: compression != .none)
    compressor = try compression.compressor(into: stored, workers: workers)
    uncompressed = DigestingSink(compressor)
    tar = TarWriter(uncompressed)
    buffer = .allocate(byteCount: transferSize, alignment: 4096)
  }

  deinit { buffer.deallocate() }

  /// Adds an entry, with its content when it is a file and without otherwise.
  ///
  /// Of the names of one file the first has to be the file and the others hard links to it, so that the layer can be unpacked.
  /// - Throws: ``LayerError/outOfOrder(_:after:)``, ``LayerError/contentMismatch(_:)``,
  ///   ``LayerError/contentChanged(_:expected:read:)`` and ``LayerError/contentDiffers(_:expected:actual:)`` for files that
  ///   are not what they were; what reading or the sink throws. The layer cannot be continued then.
  package func add(_ entry: LayerEntry, content: FileContent? = nil) throws {
    if let last = entries.last, !LayerEntry.precedes(last, entry) {
      throw LayerError.outOfOrder(entry.path, after: last.path)
    }
    if !entry.isMark, let link = pendingTargets[entry.path] { throw LayerError.outOfOrder(entry.path, after: link) }
    if case .hardLink(let target) = entry.kind, target > entry.path { pendingTargets[target] = entry.path }
    try tar.begin(entry)
    var recorded = entry
    // As in the archive, which cannot say that an attribute is there but empty.
    recorded.attributes.removeAll { $0.value.isEmpty }
    guard case .file(let size, let expected) = entry.kind else {
      if content != nil { throw LayerError.contentMismatch(entry.path) }
      entries.append(recorded)
      return
    }
    guard let content else { throw LayerError.contentMismatch(entry.path) }
    let copied = try copy(content, size: size, of: entry.path)
    let digest = copied.digest
    if let expected, expected.algorithm == digest.algorithm, expected != digest {
      throw LayerError.contentDiffers(entry.path, expected: expected, actual: digest)
    }
    recorded.kind = .file(size: size, digest: digest)
    binaries[entry.path] = copied.binary
    entries.append(recorded)
  }

  /// Ends the layer.
  package func finish() throws -> WrittenLayer {
    try tar.finish()
    try compressor.finish()
    let diffID = uncompressed.digest
    return WrittenLayer(
      mediaType: compression.mediaType, digest: compression == .none ? diffID : stored.digest, diffID: diffID,
      size: stored.count, uncompressedSize: uncompressed.count, index: LayerIndex(sorted: entries, binaries: binaries))
  }

  private func copy(_ content: FileContent, size: Int64, of path: EntryPath) throws -> ContentHash {
    switch content {
    case .bytes(let bytes):
      if Int64(bytes.count) != size {
        throw LayerError.contentChanged(path, expected: size, read: Int64(bytes.count))
      }
      var hash = ContentHash()
      try bytes.withUnsafeBytes {
        hash.update($0)
        try tar.write($0)
      }
      return hash
    case .file(let descriptor): return try copy(FileSource(descriptor, offset: 0), size: size, of: path, isWhole: true)
    case .range(let descriptor, let offset):
      return try copy(FileSource(descriptor, offset: offset, length: size), size: size, of: path, isWhole: false)
    case .stream(let source): return try copy(source, size: size, of: path, isWhole: true)
    }
  }

  /// Copies `size` bytes; when the source should be at its end then, it is looked whether it is.
  private func copy(_ source: any ByteSource, size: Int64, of path: EntryPath, isWhole: Bool) throws -> ContentHash {
    var hash = ContentHash()
    var done: Int64 = 0
    while done < size {
      let target = UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(Int(min(size - done, Int64(buffer.count)))))
      let count = try source.read(into: target)
      if count == 0 { throw LayerError.contentChanged(path, expected: size, read: done) }
      let piece = UnsafeRawBufferPointer(rebasing: target.prefix(count))
      hash.update(piece)
      try tar.write(piece)
      done += Int64(count)
    }
    if isWhole, try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(1))) > 0 {
      throw LayerError.contentChanged(path, expected: size, read: size + 1)
    }
    return hash
  }
}
