import Components
import Content
import Diagnostics
import Linux
import OCI
import Synchronization
import SystemPackage

@testable import Sources

/// A set and a store in a temporary directory.
struct SourcesFixture: Sendable {
  let set: FilePath
  let store: FilePath
  var environment: [String: String] = [
    "PATH": "/usr/bin:/bin", "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com", "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.com", "GIT_CONFIG_GLOBAL": "/dev/null",
  ]

  static func with<T>(_ files: [String: String] = [:], _ body: (SourcesFixture) async throws -> T) async throws -> T {
    try await withTemporaryDirectory { path, root in
      let (set, _) = (try root.ensureDirectory("set"), try root.ensureDirectory("store"))
      let fixture = SourcesFixture(set: path.appending("set"), store: path.appending("store"))
      for (name, content) in files { try Self.write(name, content, in: set) }
      return try await body(fixture)
    }
  }

  /// Writes a file with its directories; content that starts with `#!` is made executable.
  static func write(_ path: String, _ content: String, in directory: Directory) throws {
    var directory = directory
    let parts = path.split(separator: "/").map(String.init)
    for part in parts.dropLast() { directory = try directory.ensureDirectory(part) }
    let file = try directory.file(parts[parts.count - 1], .writeOnly, options: [.create, .truncate])
    defer { file.closeQuietly() }
    try file.writeFully(Array(content.utf8))
    try file.setPermissions(content.hasPrefix("#!") ? 0o755 : 0o644)
  }

  func write(_ path: String, _ content: String) throws { try Self.write(path, content, in: Directory(at: set)) }

  static func read(_ path: FilePath) throws -> String {
    let file = try Directory(at: path.removingLastComponent()).file(path.lastComponent?.string ?? "", followLast: true)
    defer { file.closeQuietly() }
    return String(decoding: try file.readAll(limit: 1 << 20), as: UTF8.self)
  }

  func component(_ name: String) throws -> Component {
    let found = try ComponentSet(discovering: SetDirectory(at: set))
    try DiagnosticsError.check(found.diagnostics)
    guard let name = ComponentName(name), let component = found[name] else {
      throw DiagnosticsError(.error("no component", at: name))
    }
    return component
  }

  func git(_ arguments: String...) async throws {
    var environment = environment
    environment["GIT_COMMITTER_DATE"] = "1700000000 +0000"
    environment["GIT_AUTHOR_DATE"] = "1600000000 +0000"
    let answer = try await Git(environment: environment).run(arguments, in: set)
    guard answer?.isSuccess == true else { throw SourceError("git failed", at: "", lastOutput: answer?.tail ?? []) }
  }

  /// A stand-in for SHA-256 that depends on every byte, which is all that the code under test asks of a digest.
  static let digest: FileDigest = { file, _ in
    var words: [UInt64] = [1, 2, 3, 4]
    for byte in try file.readAll(limit: 1 << 24) {
      for index in words.indices { words[index] = (words[index] ^ UInt64(byte)) &* 0x100_0000_01b3 }
    }
    return Digest(sha256: words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } })
  }

  func workspaces(_ extra: [String: String] = [:]) -> Workspaces {
    let environment = environment.merging(extra) { $1 }
    return Workspaces(
      set: set, store: store, mirrors: GitMirrors(store: store, environment: environment), environment: environment,
      digest: Self.digest)
  }

  /// What one build gave.
  struct Result {
    let script: Workspace.Script
    let directory: FilePath
    let lines: [String]

    func file(_ path: String) throws -> String { try SourcesFixture.read(directory.pushing(FilePath(path))) }
  }

  func build(
    _ name: String, _ platform: String = "arm64", version: String? = nil, epoch: Int64 = 7,
    source: CheckedSource? = nil
  ) async throws -> Result {
    let component = try component(name)
    let workspaces = workspaces()
    let request = WorkspaceRequest(
      component: component, platform: Platform(parsing: platform) ?? Platform(architecture: platform), source: source,
      version: version, epoch: SourceDateEpoch(seconds: epoch, origin: .environment),
      files: try await workspaces.files(of: component))
    let lines = Lines()
    return try await workspaces.withWorkspace(request, line: { lines.add($0) }) { workspace in
      Result(script: workspace.script, directory: workspace.directory, lines: lines.all)
    }
  }
}

/// Lines of output from any thread.
final class Lines: Sendable {
  private let lines = Mutex<[String]>([])

  func add(_ line: [UInt8]) { lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
  var all: [String] { lines.withLock { $0 } }
}
