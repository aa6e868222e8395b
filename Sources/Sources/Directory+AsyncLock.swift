import Linux
import SystemPackage

extension Directory {
  /// Takes the lock file `name` exclusively for this caller; made when missing, never removed.
  ///
  /// Waiting for another process can be cancelled, which a blocking lock could not; hence the polling. The caller closes
  /// the descriptor to release the lock.
  func lockExclusively(_ name: String) async throws -> FileDescriptor {
    let file = try explaining("open the lock file", Array(name.utf8)) { () throws(Errno) in
      try self.file(name, .readWrite, options: [.create], permissions: 0o600)
    }
    do {
      var pause = Duration.milliseconds(5)
      while try !file.tryLock(.exclusive) {
        try await Task.sleep(for: pause)
        pause = min(pause * 2, .milliseconds(200))
      }
      return file
    } catch {
      file.closeQuietly()
      throw error
    }
  }
}
