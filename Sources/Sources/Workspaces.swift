import Components
import Linux
import OCI
import SystemPackage

/// The private copies in which `build_binaries` runs, one for each component and platform, kept between runs.
///
/// A copy is at `work/SET/ARCH/COMPONENT/tree` in the store, in a likeness of the set: siblings of the component and the
/// set's other files are symbolic links to the real ones, so that scripts find them by relative paths. The user's own
/// directory is only read.
package struct Workspaces: Sendable {
  let set: FilePath
  let root: FilePath
  let mirrors: GitMirrors
  let digest: FileDigest
  let environment: [String: String]

  /// - Parameters:
  ///   - set: absolute path of the set's directory.
  ///   - store: the store's directory.
  ///   - environment: what scripts inherit.
  package init(
    set: FilePath, store: FilePath, mirrors: GitMirrors, environment: [String: String], digest: @escaping FileDigest
  ) {
    self.set = set
    root = store.appending("work").appending(PathKey.name(for: set.bytes))
    self.mirrors = mirrors
    self.environment = environment
    self.digest = digest
  }

  /// The files that a component's binaries depend on: all but `.git`, what a script makes (`bin/`), and a `src/` that is
  /// replaced by a checkout.
  package func files(of component: Component) async throws -> FileListing {
    // Without a script nothing is made from the files; what is copied from them is looked at by the steps themselves.
    guard component.hasBuildScript || component.source != nil else { return .empty }
    return try await BlockingPool.shared.run { [self] in
      let root = try explaining("open", set.bytes) { () throws(Errno) in try Directory(at: set) }
      let directory = try explaining("open", Array(component.path.utf8)) { () throws(Errno) in
        try root.directory(component.path, followLast: true)
      }
      var files = try FileListing(of: directory, excluding: Self.excluded(component), digest: digest)
      if component.hasBuildScript {
        // Where the script is a link, what it leads to counts as well.
        try files.addTarget(
          of: Component.buildScript, at: component.path + "/" + Component.buildScript, in: root, digest)
      }
      return files
    }
  }

  /// Makes the workspace of a cell, runs the script if it is necessary, and lends the workspace to `body`.
  ///
  /// Nobody else, in this process or another, changes or uses the workspace meanwhile. A component with neither script
  /// nor source is lent its own directory.
  /// - Parameter line: gets the script's output line by line, from any thread.
  /// - Throws: `SourceError` when the script fails or cannot run, `CancellationError`, and what `body` throws.
  package nonisolated(nonsending) func withWorkspace<T>(
    _ request: WorkspaceRequest, line: @escaping @Sendable ([UInt8]) -> Void,
    _ body: nonisolated(nonsending) (Workspace) async throws -> T
  ) async throws -> T {
    let component = request.component
    guard component.hasBuildScript || request.source != nil else {
      return try await body(Workspace(directory: set.appending(component.path), script: .none))
    }
    let folder = try await BlockingPool.shared.run { [self] in try open(request) }
    let lock = try await folder.lockExclusively("lock")
    defer { lock.closeQuietly() }
    return try await body(try await prepare(request, in: folder, line))
  }

  static func excluded(_ component: Component) -> Set<String> {
    var names: Set<String> = [".git"]
    if component.hasBuildScript { names.insert("bin") }
    if component.source != nil { names.insert("src") }
    return names
  }

  /// Path of the folder that holds a cell's lock, record and tree.
  func path(of request: WorkspaceRequest) -> FilePath {
    let arch = request.platform.shortName.map { $0 == "/" ? "-" : String($0) }.joined()
    return root.appending(arch).appending(request.component.name.description)
  }

  private func open(_ request: WorkspaceRequest) throws -> Directory {
    let path = path(of: request)
    return try explaining("create", path.bytes) { () throws(Errno) in try Self.openCreating(path) }
  }

  /// Opens a directory of the store, and makes it and its parents where they are missing.
  private static func openCreating(_ path: FilePath) throws(Errno) -> Directory {
    do { return try Directory(at: path) } catch .noSuchFileOrDirectory {
      guard let name = path.lastComponent else { throw .noSuchFileOrDirectory }
      return try openCreating(path.removingLastComponent()).ensureDirectory(name.string)
    }
  }
}
