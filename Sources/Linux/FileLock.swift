import CLinux
import SystemPackage

/// Whether a lock is shared with other readers.
package enum LockKind: Sendable {
  case shared, exclusive
}

extension FileDescriptor {
  /// Runs `body` while holding an advisory lock (`flock(2)`) on the open file; blocks, so use it on the `BlockingPool`.
  ///
  /// The lock belongs to the open file: two descriptors of one process exclude each other, and the kernel releases it
  /// when the process dies.
  package func withLock<R>(_ kind: LockKind, _ body: () throws -> R) throws -> R {
    try lock(kind)
    defer { _ = cl_flock(rawValue, cl_lock_unlock) }
    return try body()
  }

  /// Takes the lock, waiting as long as another holds it. `unlock` or closing the file releases it.
  package func lock(_ kind: LockKind) throws(Errno) {
    try check(cl_flock(rawValue, kind == .shared ? cl_lock_shared : cl_lock_exclusive))
  }

  /// Takes the lock, waiting as long as another holds it and nobody cancels.
  ///
  /// - Throws: `CancellationError`, `Errno`.
  package func lock(_ kind: LockKind, cancellation: CancellationFlag) throws {
    while try !tryLock(kind) {
      try cancellation.check()
      var ready: UInt32 = 0
      // The kernel can wait for a lock only in a call that nothing but a signal ends.
      try check(cl_poll_readable(nil, 0, 20, &ready))
    }
  }

  /// Takes the lock if it is free; false when another holds it. `unlock` or closing the file releases it.
  package func tryLock(_ kind: LockKind) throws(Errno) -> Bool {
    let operation = (kind == .shared ? cl_lock_shared : cl_lock_exclusive) | cl_lock_nonblocking
    let result = cl_flock(rawValue, operation)
    if result == -Errno.wouldBlock.rawValue { return false }
    try check(result)
    return true
  }

  package func unlock() { _ = cl_flock(rawValue, cl_lock_unlock) }
}

extension Directory {
  /// Runs `body` while holding the lock file `name` (created when missing, never removed); blocks.
  package func withLock<R>(_ name: some PathText, _ kind: LockKind, _ body: () throws -> R) throws -> R {
    let file = try file(name, .readWrite, options: [.create], permissions: 0o600)
    defer { file.closeQuietly() }
    return try file.withLock(kind, body)
  }
}
