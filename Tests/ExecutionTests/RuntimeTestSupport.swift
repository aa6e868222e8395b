import Linux
import OCI
import Snapshots
import Synchronization
import SystemPackage

@testable import Execution

/// A store in a temporary directory with one layer: Debian's static busybox under the usual names.
struct RunLaboratory: Sendable {
  let snapshots: SnapshotStore
  let runner: ContainerRunner
  let base: FilePath
  let root: FilePath
  let directory: Directory

  init(path: FilePath, directory: Directory, busybox: FilePath = "/bin/busybox") throws {
    root = path
    self.directory = directory
    snapshots = try SnapshotStore(root: path.appending("snapshots"))
    runner = ContainerRunner(
      snapshots: snapshots, stateRoot: path, environment: ["PATH": "/usr/bin:/usr/sbin"],
      emulator: { platform in
        try await Emulator.find(for: platform, searchPath: "/usr/bin") { _ in
          Digest(sha256: [UInt8](repeating: 7, count: 32))
        }
      })
    base = path.appending("base")
    let tree = try directory.ensureDirectory("base")
    let bin = try tree.ensureDirectory("bin")
    let source = try FileDescriptor.open(busybox, .readOnly)
    defer { source.closeQuietly() }
    let copy = try bin.file("busybox", .writeOnly, options: [.create])
    _ = try copy.copyContents(of: source)
    try copy.setPermissions(0o755)
    try copy.close()
    for name in [
      "sh", "cat", "echo", "id", "ls", "mkdir", "rm", "sleep", "true", "uname", "env", "stat", "grep", "ip", "pwd",
    ] {
      try bin.makeSymbolicLink(name, to: "busybox")
    }
    let etc = try tree.ensureDirectory("etc")
    try Self.write("root:x:0:0:root:/root:/bin/sh\nbuilder:x:1000:1000::/home/builder:/bin/sh\n", "passwd", in: etc)
    try Self.write("root:x:0:\nbuilder:x:1000:\nextra:x:2000:x,builder\n", "group", in: etc)
  }

  static func write(_ text: String, _ name: String, in directory: Directory) throws {
    let file = try directory.file(name, .writeOnly, options: [.create, .truncate])
    defer { file.closeQuietly() }
    try file.writeFully(Array(text.utf8))
  }

  func request(_ script: String, platform: Platform = Platform(architecture: Architecture.host)) -> RunRequest {
    RunRequest(lowers: [base], arguments: ["/bin/sh", "-c", script], platform: platform)
  }

  /// Runs a step; the change is the caller's.
  func run(_ request: RunRequest) async throws -> (output: String, change: StepChange) {
    let collected = Collector()
    let change = try await runner.run(request) { collected.append($0) }
    return (collected.text, change)
  }

  /// Runs a step for its output only.
  func output(_ request: RunRequest) async throws -> String {
    let (output, change) = try await run(request)
    try change.snapshot.discard()
    return output
  }

  func output(_ script: String) async throws -> String { try await output(request(script)) }
}

/// Output of a step, gathered on whatever thread brings it.
final class Collector: Sendable {
  private let bytes = Mutex<[UInt8]>([])

  func append(_ more: ArraySlice<UInt8>) { bytes.withLock { $0 += more } }

  var text: String { String(decoding: bytes.withLock { $0 }, as: UTF8.self) }
}

/// Runs `body` with a laboratory that is gone after.
@discardableResult
func withLaboratory<R>(
  busybox: FilePath = "/bin/busybox", _ body: (RunLaboratory) async throws -> R
) async throws -> R {
  try await withTemporaryDirectory { path, directory in
    try await body(try RunLaboratory(path: path, directory: directory, busybox: busybox))
  }
}

/// The files and directories of a tree as paths, sorted, for comparing.
func listing(_ directory: Directory, below prefix: String = "") throws -> [String] {
  var result: [String] = []
  for entry in try directory.entries() {
    let path = prefix + String(decoding: entry.name, as: UTF8.self)
    result.append(path)
    if entry.kind == .directory { result += try listing(directory.directory(entry.name), below: path + "/") }
  }
  return result
}
