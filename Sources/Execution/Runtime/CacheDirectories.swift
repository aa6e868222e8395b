import Linux
import SystemPackage

/// The directories of `RUN --mount=type=cache`, kept between runs, one for each key.
struct CacheDirectories: Sendable {
  let root: FilePath

  /// A directory for one step, made when missing; blocks while `locked` and in use.
  ///
  /// - Throws: `CancellationError` when somebody gives up waiting.
  func lease(
    _ cache: CacheDirectory, cancellation: CancellationFlag = CancellationFlag()
  ) throws -> CacheLease {
    guard let name = root.lastComponent?.string else { throw Errno.invalidArgument }
    let caches = try Directory(at: root.removingLastComponent()).ensureDirectory(name, permissions: 0o700)
    let encoded = Self.fileName(cache.key)
    for number in 0..<1000 {
      let name = number == 0 ? encoded : "\(encoded).\(number)"
      let lock = try caches.file(name + ".lock", .readWrite, options: [.create], permissions: 0o600)
      do {
        // `shared` locks count as use, so that `private` and `locked` steps keep away from a directory in use.
        switch cache.sharing {
        case .shared: try lock.lock(.shared, cancellation: cancellation)
        case .locked: try lock.lock(.exclusive, cancellation: cancellation)
        case .private where try !lock.tryLock(.exclusive):
          lock.closeQuietly()
          continue
        case .private: break
        }
        try Self.make(name, in: caches, for: cache)
      } catch {
        lock.closeQuietly()
        throw error
      }
      return CacheLease(path: root.appending(name), lock: lock)
    }
    throw Errno.resourceBusy
  }

  /// Fills a new directory under another name first, so that one under its own name is whole.
  private static func make(_ name: String, in caches: Directory, for cache: CacheDirectory) throws {
    if try caches.status(of: name) != nil { return }
    let temporary = ".new-" + Directory.randomName()
    try caches.makeDirectory(temporary, permissions: 0o700)
    do {
      let made = try caches.directory(temporary)
      try made.descriptor.setPermissions(0o755)
      try cache.seed?.copy(into: made)
      let status = try made.status()
      try made.descriptor.setOwner(uid: cache.uid ?? status.uid, gid: cache.gid ?? status.gid)
      try made.descriptor.setPermissions(cache.permissions ?? status.permissions)
      try caches.rename(temporary, to: name, .noReplace)
    } catch {
      try? caches.removeTree(temporary)
      // Another step with a shared lock was faster.
      if error as? Errno == .fileExists { return }
      throw error
    }
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

/// What a cache mount asks for.
package struct CacheDirectory: Sendable, Hashable {
  /// Identifies content that may be shared, hence with the platform in it; any text.
  package var key: String
  package var sharing: CacheSharing
  /// With `uid` and `gid`, given to a directory that is new; nil is 0755 and root, or what the seed has.
  package var permissions: UInt32?
  package var uid: UInt32?
  package var gid: UInt32?
  /// What a new directory begins with; nil for nothing.
  package var seed: CacheSeed?

  package init(
    key: String, sharing: CacheSharing = .shared, permissions: UInt32? = nil, uid: UInt32? = nil, gid: UInt32? = nil,
    seed: CacheSeed? = nil
  ) {
    self.key = key
    self.sharing = sharing
    self.permissions = permissions
    self.uid = uid
    self.gid = gid
    self.seed = seed
  }
}

/// The right to use a cache directory until `release`.
struct CacheLease: Sendable {
  let path: FilePath
  let lock: FileDescriptor

  /// Unlocks before it closes: a process that is just being started still has a copy of the descriptor, with which the lock
  /// would stay until it has replaced itself.
  func release() {
    lock.unlock()
    lock.closeQuietly()
  }
}
