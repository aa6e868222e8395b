import CLinux

/// What the kernel knows about a file, as `statx(2)` reports it.
package struct FileStatus: Hashable, Sendable {
  /// The kind of file system object.
  package enum Kind: Hashable, Sendable {
    case file, directory, symbolicLink, character, block, fifo, socket, unknown
  }

  package var kind: Kind
  /// Permission, set-id and sticky bits: `mode & 0o7777`.
  package var permissions: UInt32
  package var uid: UInt32
  package var gid: UInt32
  /// Length of the content in bytes.
  package var size: UInt64
  package var modified: Time
  /// When content or metadata last changed; user space cannot set it, so it tells a changed file of equal size and mtime.
  package var changed: Time
  /// Number of hard links.
  package var links: UInt32
  package var inode: UInt64
  /// The file system that holds the file.
  package var device: Device
  /// What a character or block device stands for, else 0/0.
  package var special: Device

  /// Seconds since the epoch (negative before it) and nanoseconds after that second.
  package struct Time: Hashable, Sendable, Comparable {
    package var seconds: Int64
    package var nanoseconds: UInt32

    package init(seconds: Int64, nanoseconds: UInt32 = 0) {
      self.seconds = seconds
      self.nanoseconds = nanoseconds
    }

    package static func < (left: Time, right: Time) -> Bool {
      (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }
  }

  /// A device number in its two parts.
  package struct Device: Hashable, Sendable {
    package var major: UInt32
    package var minor: UInt32

    package init(major: UInt32, minor: UInt32) {
      self.major = major
      self.minor = minor
    }
  }

  /// The overlay file system's own whiteout: a character device 0/0.
  package var isOverlayWhiteout: Bool { kind == .character && special == Device(major: 0, minor: 0) }

  init(_ raw: cl_status) {
    kind = Kind(mode: raw.mode)
    permissions = raw.mode & 0o7777
    uid = raw.uid
    gid = raw.gid
    size = raw.size
    modified = Time(seconds: raw.modified_seconds, nanoseconds: raw.modified_nanoseconds)
    changed = Time(seconds: raw.changed_seconds, nanoseconds: raw.changed_nanoseconds)
    links = raw.links
    inode = raw.inode
    device = Device(major: raw.device_major, minor: raw.device_minor)
    special = Device(major: raw.special_major, minor: raw.special_minor)
  }
}

extension FileStatus.Kind {
  init(mode: UInt32) {
    self =
      switch mode & 0o170000 {
      case 0o100000: .file
      case 0o040000: .directory
      case 0o120000: .symbolicLink
      case 0o020000: .character
      case 0o060000: .block
      case 0o010000: .fifo
      case 0o140000: .socket
      default: .unknown
      }
  }

  /// The `d_type` of a directory entry; `.unknown` where the file system does not tell.
  init(directoryEntryType type: UInt8) { self.init(mode: UInt32(type) << 12) }
}
