import Diagnostics
import Dockerfile
import Layers
import Linux
import SystemPackage

/// Files of this machine that instructions may take, and whether an ignore file leaves some of them out.
struct BuildContext: Sendable {
  let scanner: ContextScanner
  let hasIgnoreFile: Bool

  var origin: CopyOrigin { .context(scanner, hasIgnoreFile: hasIgnoreFile) }
}

extension CellExecutor {
  /// The component's own directory.
  func mainContext() throws(DiagnosticsError) -> BuildContext {
    try context(of: context, ignoring: recipe.ignoreFile)
  }

  /// A directory that the build is given under another name, with its own ignore file.
  func namedContext(_ path: String) async throws -> BuildContext {
    try await BlockingPool.shared.run {
      let directory = try explaining("open the build context", Array(path.utf8)) { () throws(Errno) in
        try Directory(at: path)
      }
      for name in [".containerignore", ".dockerignore"] {
        guard let status = try directory.status(of: name), status.kind == .file else { continue }
        let file = try directory.file(name)
        defer { file.closeQuietly() }
        let bytes = try file.readAll(limit: Self.ignoreFileLimit)
        return try context(of: directory, ignoring: SourceFile(name: "\(path)/\(name)", bytes: bytes))
      }
      return try context(of: directory, ignoring: nil)
    }
  }

  /// Largest ignore file, in bytes.
  private static let ignoreFileLimit = 4 << 20

  private func context(of root: Directory, ignoring file: SourceFile?) throws(DiagnosticsError) -> BuildContext {
    let ignore = try file.map { (file) throws(DiagnosticsError) in try IgnorePatterns(parsing: file) }
    let scanner = ContextScanner(
      root: root, records: machinery.store.records, time: Timestamp(seconds: epoch), ignoring: ignore)
    return BuildContext(scanner: scanner, hasIgnoreFile: ignore != nil)
  }
}
