import CLinux
import SystemPackage

extension Directory {
  /// Runs `body` with a fresh directory of mode 0700 in this one, and removes the directory with all its content after.
  ///
  /// What a killed process leaves behind has a name that starts with `prefix`, so that a later run can sweep it.
  package func withTemporaryDirectory<R>(
    prefix: String = ".tmp-", _ body: (_ name: String, Directory) throws -> R
  ) throws -> R {
    let (name, directory) = try makeTemporaryDirectory(prefix: prefix)
    let result = Result { try body(name, directory) }
    do {
      try removeTree(name)
    } catch {
      // The body's own error says more than that of the clean-up.
      _ = try result.get()
      throw error
    }
    return try result.get()
  }

  /// Makes a directory of mode 0700 with a random name; the caller removes it.
  package func makeTemporaryDirectory(prefix: String = ".tmp-") throws(Errno) -> (name: String, directory: Directory) {
    for _ in 0..<16 {
      let name = prefix + Self.randomName()
      do {
        try makeDirectory(name, permissions: 0o700)
        return (name, try directory(name))
      } catch .fileExists {
        continue
      }
    }
    throw .fileExists
  }

  /// Sixteen hexadecimal digits of kernel randomness.
  package static func randomName() -> String {
    var generator = SystemRandomNumberGenerator()
    let digits = String(generator.next(), radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

/// Runs `body` with a fresh directory under `$TMPDIR` (else `/tmp`) and removes it after.
package func withTemporaryDirectory<R>(
  prefix: String = "imgset-", isolation: isolated (any Actor)? = #isolation,
  _ body: (FilePath, Directory) async throws -> R
) async throws -> R {
  let parentPath = temporaryRoot()
  let parent = try Directory(at: parentPath)
  let (name, directory) = try parent.makeTemporaryDirectory(prefix: prefix)
  do {
    let result = try await body(parentPath.appending(name), directory)
    try parent.removeTree(name)
    return result
  } catch {
    try? parent.removeTree(name)
    throw error
  }
}
