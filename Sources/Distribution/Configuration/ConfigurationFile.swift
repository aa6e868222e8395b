import Glibc
import Linux
import SystemPackage

/// Small files written by the user or the distribution: auth files, registries.conf, certificates.
enum ConfigurationFile {
  /// The content, read on the blocking pool; nil when there is no such file.
  ///
  /// - Throws: `RegistryError` that names the file when it cannot be read or is larger than `limit` bytes.
  static func read(_ path: String, limit: Int) async throws -> [UInt8]? {
    try await BlockingPool.shared.run { try readNow(path, limit: limit) }
  }

  /// Names in a directory that end with one of `suffixes`, in order of their bytes; empty when there is no directory.
  static func list(_ path: String, suffixes: [String]) async throws -> [String] {
    try await BlockingPool.shared.run {
      guard let directory = opendir(path) else { return [] }
      defer { closedir(directory) }
      var names: [String] = []
      while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
          pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if suffixes.contains(where: { name.hasSuffix($0) }) { names.append(name) }
      }
      return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
  }

  private static func readNow(_ path: String, limit: Int) throws -> [UInt8]? {
    do {
      let file = try FileDescriptor.open(FilePath(path), .readOnly, options: [.closeOnExec])
      return try file.closeAfter {
        var bytes: [UInt8] = []
        while true {
          let piece = try [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
            count = try file.read(into: UnsafeMutableRawBufferPointer(buffer))
          }
          if piece.isEmpty { return bytes }
          bytes += piece
          guard bytes.count <= limit else { throw Errno.fileTooLarge }
        }
      }
    } catch let error as Errno {
      if error == .noSuchFileOrDirectory || error == .notDirectory { return nil }
      throw RegistryError(.configuration, "cannot read the configuration", place: path, why: ["\(error)"])
    }
  }
}
