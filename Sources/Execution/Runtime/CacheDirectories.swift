import Linux
import SystemPackage

/// The directories of `RUN --mount=type=cache`, kept between runs, one for each key.
struct CacheDirectories: Sendable {
  let root: FilePath

  /// A directory for one step, made when missing; blocks while `locked` and in use.
  ///
  /// - Parameters:
  ///   - key: identifies content that may be shared, hence with the platform in it; any text.
  ///   - permissions: with `uid` and `gid`, given to a directory that is new.
  func lease(key: String, sharing: CacheSharing, permissions: UInt32, uid: UInt32, gid: UInt32) throws -> CacheLease {
    guard let name = root.lastComponent?.string else { throw Errno.invalidArgument }
    let caches = try Directory(at: root.removingLastComponent()).ensureDirectory(name, permissions: 0o700)
    let encoded = Self.fileName(key)
    for number in 0..<1000 {
      let name = number == 0 ? encoded : "\(encoded).\(number)"
      let lock = try caches.file(name + ".lock", .readWrite, options: [.create], permissions: 0o600)
      do {
        // `shared` locks count as use, so that `private` and `locked` steps keep away from a directory in use.
        switch sharing {
        case .shared: try lock.lock(.shared)
        case .locked: try lock.lock(.exclusive)
        case .private where try !lock.tryLock(.exclusive):
          lock.closeQuietly()
          continue
        case .private: break
        }
        try Self.make(name, in: caches, permissions: permissions, uid: uid, gid: gid)
      } catch {
        lock.closeQuietly()
        throw error
      }
      return CacheLease(path: root.appending(name), lock: lock)
    }
    throw Errno.resourceBusy
  }

  private static func make(_ name: String, in caches: Directory, permissions: UInt32, uid: UInt32, gid: UInt32) throws {
    do {
      try caches.makeDirectory(name, permissions: 0o700)
    } catch Errno.fileExists {
      return
    }
    let made = try caches.directory(name)
    try made.descriptor.setOwner(uid: uid, gid: gid)
    try made.descriptor.setPermissions(permissions)
  }

  /// A key as a file name: letters, digits, `-` and `_` as they are, everything else as %XX, cut where names end.
  ///
  /// Keys that are too long end in a hash, so that different keys stay different names.
  static func fileName(_ key: String) -> String {
    var name = ""
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in key.utf8 {
      hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
      let scalar = Unicode.Scalar(byte)
      let isPlain =
        byte < 0x80 && (scalar.properties.isAlphabetic || (0x30...0x39).contains(byte) || byte == 0x2D || byte == 0x5F)
      name += isPlain ? String(scalar) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
    return name.utf8.count <= 200 ? "c-" + name : "c-" + name.prefix(180) + "-" + String(hash, radix: 16)
  }
}

/// The right to use a cache directory until `release`.
struct CacheLease: Sendable {
  let path: FilePath
  let lock: FileDescriptor

  func release() { lock.closeQuietly() }
}
