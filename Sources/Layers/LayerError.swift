import OCI

/// Why an archive or layer cannot be read, written or merged; the caller adds which layer of which image it was.
package enum LayerError: Error, Hashable, Sendable {
  /// The archive breaks the format; `offset` is that of the header in the uncompressed stream.
  case malformed(TarFault, offset: Int64)
  /// The stream ends inside an entry; `offset` is where it ends.
  case truncated(offset: Int64)
  /// The compressed data is damaged.
  case corrupt(Compression.Format)
  /// The compressed data ends before its end mark.
  case truncatedCompression(Compression.Format)
  /// The compressed data wants a larger window than is allowed.
  case windowTooLarge(Compression.Format)
  /// The encoder or decoder cannot be set up: no memory, or no such level.
  case codecUnavailable(String)
  /// The media type names no layer that can be read.
  case unsupportedMediaType(MediaType)
  /// More than the permitted number of bytes came out of the decompressor.
  case tooLarge(limit: Int64)
  /// The content grows by more than any honest data does.
  case suspiciousRatio(compressed: Int64, uncompressed: Int64)
  /// The entries of an archive would take more memory than is allowed, in bytes.
  case tooManyEntries(limit: Int)
  /// The uncompressed content is not what the image's configuration promises.
  case wrongDiffID(expected: Digest, actual: Digest)
  /// A file changed its size or content while it was being read.
  case contentChanged(EntryPath, expected: Int64, read: Int64)
  /// A file's bytes are not the ones its digest was taken of.
  case contentDiffers(EntryPath, expected: Digest, actual: Digest)
  /// A file entry came without its content, or another entry with some.
  case contentMismatch(EntryPath)
  /// Entries have to be written in path order, each path once.
  case outOfOrder(EntryPath, after: EntryPath)
  /// Something about the entry has no representation in a tar archive.
  case unrepresentable(EntryPath, String)
  /// A component of the path is not a directory.
  case notADirectory(EntryPath)
  /// A hard link names a file that neither its layer nor the layers below have.
  case missingLinkTarget(EntryPath, target: EntryPath)
  /// More symbolic links than Linux follows.
  case tooManyLinks(EntryPath)
  /// A cached index cannot be used; it has to be made again.
  case badIndex(String)
}

/// What is wrong with a header of an archive.
package enum TarFault: Hashable, Sendable {
  case checksum
  case notAnArchive
  case number(field: String)
  case name
  case extendedHeader
  case extendedHeaderTooLarge(Int64)
  case type(UInt8)
  case sparse
  case rootIsNotADirectory
  case whiteoutName
}

extension LayerError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .malformed(let fault, let offset): "malformed archive at byte \(offset): \(fault)"
    case .truncated(let offset): "the archive ends inside an entry, at byte \(offset)"
    case .corrupt(let format): "the \(format) data is damaged"
    case .truncatedCompression(let format): "the \(format) data ends too early"
    case .windowTooLarge(let format): "the \(format) data needs more memory than is allowed for it"
    case .codecUnavailable(let what): "cannot set up \(what)"
    case .unsupportedMediaType(let type): "layers of type \(type) cannot be read"
    case .tooLarge(let limit): "the uncompressed content is larger than the limit of \(limit) bytes"
    case .suspiciousRatio(let compressed, let uncompressed):
      "\(compressed) compressed bytes became \(uncompressed), which no honest layer does"
    case .tooManyEntries(let limit): "the archive's entries would take more than \(limit >> 20) MiB of memory"
    case .wrongDiffID(let expected, let actual): "the content is \(actual), but its diffID is \(expected)"
    case .contentChanged(let path, let expected, let read):
      "\(path) changed while it was being read: \(expected) bytes expected, \(read < expected ? "only " : "at least ")\(read) found"
    case .contentDiffers(let path, let expected, let actual):
      "\(path) changed: its content is \(actual), not \(expected)"
    case .contentMismatch(let path): "\(path): a file needs content and nothing else may have it"
    case .outOfOrder(let path, let previous): "\(path) has to come before \(previous) in the layer"
    case .unrepresentable(let path, let what): "\(path): \(what) cannot be stored in a layer"
    case .notADirectory(let path): "\(path) is not a directory"
    case .missingLinkTarget(let path, let target): "\(path) is a hard link to \(target), which does not exist"
    case .tooManyLinks(let path): "too many levels of symbolic links: \(path)"
    case .badIndex(let why): "unusable layer index: \(why)"
    }
  }
}

extension TarFault: CustomStringConvertible {
  package var description: String {
    switch self {
    case .checksum: "wrong header checksum"
    case .notAnArchive: "this is not a tar archive"
    case .number(let field): "the field \(field) holds no valid number"
    case .name: "the name is too long, too deep or holds a NUL byte"
    case .extendedHeader: "damaged extended header"
    case .extendedHeaderTooLarge(let size): "an extended header of \(size) bytes is over the limit"
    case .type(let flag): "entries of type 0x\(String(flag, radix: 16)) are not supported"
    case .sparse: "sparse files are not supported; make the archive without --sparse"
    case .rootIsNotADirectory: "the root can only be a directory"
    case .whiteoutName: "a whiteout that names no entry"
    }
  }
}
