import Assembly
import Components
import Content
import Diagnostics
import Layers
import Linux
import OCI
import Planning
import Scheduling
import Snapshots
import Synchronization
import SystemPackage

@testable import Engine
@testable import Execution

/// A store of its own with everything that builds need, containers included.
struct BuildBench: Sendable {
  let root: FilePath
  let directory: Directory
  let store: ContentStore
  let snapshots: SnapshotStore
  let images: StandInImages
  private let resources = ResourcePool(capacity: [.cpu: 2, .emulatedCPU: 2])
  private let runner: ContainerRunner

  init(root: FilePath, directory: Directory, images additions: [String: String] = [:]) throws {
    self.root = root
    self.directory = directory
    store = try ContentStore(root: root.appending("store"))
    snapshots = try SnapshotStore(root: store.root.appending("snapshots"))
    images = try StandInImages(store: store, additions: additions)
    runner = ContainerRunner(
      snapshots: snapshots, stateRoot: store.root, environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
    ) { platform in
      try await Emulator.find(for: platform, searchPath: "/usr/sbin:/usr/bin:/sbin:/bin") { _ in
        Digest(sha256: [UInt8](repeating: 0, count: 32))
      }
    }
  }

  /// What is built, and how.
  struct Order: Sendable {
    var dockerfile: [UInt8]
    /// Ignore files by their names beside a recipe that is called `Dockerfile`.
    var ignoreFiles: [String: [UInt8]] = [:]
    var arguments: [String: String] = [:]
    /// The stage that is wanted; nil for the last.
    var target: String?
    var contexts: [String: NamedContext] = [:]
    var grants = RunGrants()
    var platform = Platform(architecture: "amd64")
    /// `SOURCE_DATE_EPOCH`.
    var epoch: Int64 = 1_485_449_953
    /// Whether results of earlier builds are taken.
    var usesCache = true
  }

  /// Builds an order on a context.
  ///
  /// - Throws: `BuildFailure`.
  func build(_ order: Order, context: Directory) async throws -> BuildResult {
    let output = Mutex<[UInt8]>([])
    do {
      let cell = try cell(order)
      guard case .build(let recipe) = cell.work else { preconditionFailure("a Dockerfile is built") }
      let machinery = StepMachinery(
        store: store, layers: LayerStore(store: store, resources: resources, workers: 1), snapshots: snapshots,
        runner: runner, resources: resources, remotes: NoRemoteFiles(), purpose: order.usesCache ? .build : .rebuild,
        set: "conformance", grants: order.grants,
        emulator: { [runner] in try await runner.emulator($0) })
      let executor = CellExecutor(
        machinery: machinery, id: cell.id, recipe: recipe, context: context, epoch: order.epoch, images: images
      ) { event in
        if case .output(_, let bytes) = event { output.withLock { $0 += bytes } }
      }
      let image = try await executor.run()
      return BuildResult(
        image: image, tree: try await LayerCatalog(store: store).tree(of: image.layers), store: store,
        output: String(decoding: output.withLock { $0 }, as: UTF8.self))
    } catch {
      throw BuildFailure(error, output: String(decoding: output.withLock { $0 }, as: UTF8.self))
    }
  }

  /// The only cell of a set whose one component is called `app`.
  private func cell(_ order: Order) throws -> Cell {
    var files = ["components/app/Dockerfile": order.dockerfile]
    for (name, bytes) in order.ignoreFiles { files["components/app/\(name)"] = bytes }
    let set = try ComponentSet(discovering: MemorySetFiles(files: files))
    try DiagnosticsError.check(set.diagnostics)
    var diagnostics: [Diagnostic] = []
    let settings = SetSettings(
      flags: [.architectures: .text(order.platform.shortName)], environment: [:], diagnostics: &diagnostics)
    try DiagnosticsError.check(diagnostics)
    let names = ImageNames(prefix: "registry.example/set", tag: .latest)
    let planner = Planner(
      set: set, names: names, buildPlatform: Platform(architecture: Architecture.host).normalised,
      givenArguments: order.arguments, contexts: order.contexts, targets: StageTargets(common: order.target))
    return try planner.plan(set.select(settings)).cells[0]
  }

  /// The merged tree of a stand-in, for comparing.
  func tree(of kind: String) async throws -> Tree {
    let image = try await images.image(kind, Platform(architecture: "amd64"))
    return try await LayerCatalog(store: store).tree(of: image.layers)
  }
}

/// The network of the benches: there is none.
private struct NoRemoteFiles: RemoteFiles {
  struct Unreachable: Error { let address: String }

  func file(_ source: DownloadSource) async throws -> RemoteFile { throw Unreachable(address: source.shown) }

  func commit(of source: RepositorySource) async throws -> String { throw Unreachable(address: source.shown) }

  func withTree<R: Sendable>(
    of source: RepositorySource, at commit: String, _ body: @Sendable (Directory) async throws -> R
  ) async throws -> R {
    throw Unreachable(address: source.shown)
  }
}

/// Runs `body` with a bench that is gone after.
func withBench<R>(images: [String: String] = [:], _ body: (BuildBench) async throws -> R) async throws -> R {
  try await withTemporaryDirectory(prefix: "imgset-conformance-") { path, directory in
    try await body(try BuildBench(root: path, directory: directory, images: images))
  }
}

/// The files of a set that exists in memory only, by path.
struct MemorySetFiles: SetFiles {
  let files: [String: [UInt8]]

  struct NoSuchFile: Error {}

  func entries(of directory: String) throws -> [SetEntry] {
    let prefix = directory.isEmpty ? "" : directory + "/"
    var entries: [String: SetEntry.Kind] = [:]
    for path in files.keys where path.hasPrefix(prefix) {
      let parts = path.dropFirst(prefix.count).split(separator: "/")
      entries[String(parts[0])] = parts.count > 1 ? .directory : .file(isExecutable: false)
    }
    return entries.map { SetEntry(name: Array($0.key.utf8), kind: $0.value) }
  }

  func contents(of file: String, limit: Int) throws -> [UInt8] {
    guard let content = files[file], content.count <= limit else { throw NoSuchFile() }
    return content
  }
}
