import struct Linux.ExtendedAttribute
import OCI

/// One entry of a layer: a file system object, or the mark that something below is gone.
package struct LayerEntry: Hashable, Sendable {
  /// What an entry is.
  package enum Kind: Hashable, Sendable {
    /// A regular file of `size` bytes; the digest of its content is known once the content was read.
    case file(size: Int64, digest: Digest?)
    case directory
    /// The target as stored: bytes, relative or absolute, not normalised.
    case symlink(target: [UInt8])
    /// Another name of the file at this path, which is in the same layer or in one below.
    case hardLink(EntryPath)
    case characterDevice(major: UInt32, minor: UInt32)
    case blockDevice(major: UInt32, minor: UInt32)
    case fifo
    /// The path, and all below it, of the layers below is gone.
    case whiteout
    /// What the layers below have in this directory is gone.
    case opaque
  }

  /// For a whiteout the path that is gone, for an opaque mark the directory: never the name of the mark itself.
  package var path: EntryPath
  package var kind: Kind
  /// Permission bits with set-user-ID, set-group-ID and sticky: 0o7777 at most.
  package var mode: UInt16
  package var uid: UInt32
  package var gid: UInt32
  package var modified: Timestamp
  /// Sorted by name, each name once.
  package var attributes: [ExtendedAttribute]

  package init(
    path: EntryPath, kind: Kind, mode: UInt16, uid: UInt32 = 0, gid: UInt32 = 0, modified: Timestamp = .zero,
    attributes: [ExtendedAttribute] = []
  ) {
    self.path = path
    self.kind = kind
    self.mode = mode & 0o7777
    self.uid = uid
    self.gid = gid
    self.modified = modified
    self.attributes = attributes.sorted { $0.name.lexicographicallyPrecedes($1.name) }
  }

  /// The mark that hides `path` of the layers below.
  package static func whiteout(_ path: EntryPath, modified: Timestamp = .zero) -> LayerEntry {
    LayerEntry(path: path, kind: .whiteout, mode: 0, modified: modified)
  }

  /// The mark that hides what the layers below have in `directory`.
  package static func opaque(_ directory: EntryPath, modified: Timestamp = .zero) -> LayerEntry {
    LayerEntry(path: directory, kind: .opaque, mode: 0, modified: modified)
  }

  package var isDirectory: Bool { kind == .directory }

  /// Whether the entry is a whiteout or an opaque mark rather than something that exists.
  package var isMark: Bool { kind == .whiteout || kind == .opaque }

  /// The content's size in bytes; 0 for everything that is not a regular file.
  package var size: Int64 {
    if case .file(let size, _) = kind { size } else { 0 }
  }

  /// The digest of a regular file's content, where it is known.
  package var contentDigest: Digest? {
    if case .file(_, let digest) = kind { digest } else { nil }
  }
}

extension LayerEntry {
  /// The order of entries in a layer: by path; at one path a whiteout, then what exists, then an opaque mark.
  package static func precedes(_ left: LayerEntry, _ right: LayerEntry) -> Bool {
    let order = EntryPath.compare(left.path.bytes, right.path.bytes)
    return order == 0 ? left.rank < right.rank : order < 0
  }

  /// Place among the entries of one path.
  var rank: Int {
    switch kind {
    case .whiteout: 0
    case .opaque: 2
    default: 1
    }
  }
}

/// A moment as file systems and tar keep it.
package struct Timestamp: Hashable, Sendable, Comparable {
  /// Seconds since 1970-01-01 UTC, possibly negative.
  package var seconds: Int64
  /// 0 to 999,999,999, counted forwards also before 1970.
  package var nanoseconds: UInt32

  package init(seconds: Int64, nanoseconds: UInt32 = 0) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }

  package static let zero = Timestamp(seconds: 0)

  /// The moment itself or `latest`, whichever is earlier: `SOURCE_DATE_EPOCH`'s rule for layers.
  package func clamped(to latest: Timestamp) -> Timestamp { min(self, latest) }

  package static func < (left: Timestamp, right: Timestamp) -> Bool {
    (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
  }
}
