import Assembly
import Components
import Content
import Diagnostics
import Dockerfile
import Layers
import Linux
import OCI
import Planning
import Scheduling
import Snapshots
import Synchronization
import SystemPackage
import TestSupport

@testable import Execution

/// A store, a build context and everything that a cell needs, without root and containers.
struct Workbench: Sendable {
  let root: FilePath
  let store: ContentStore
  let snapshots: SnapshotStore
  /// The build context.
  let context: Directory
  let runner: ScriptedRunner
  let images: MemoryImages
  let remotes: MemoryRemotes

  init(root: FilePath, directory: Directory) throws {
    self.root = root
    store = try ContentStore(root: root.appending("store"))
    snapshots = try SnapshotStore(root: root.appending("snapshots"))
    context = try directory.ensureDirectory("context")
    runner = ScriptedRunner(snapshots: snapshots)
    images = MemoryImages()
    remotes = MemoryRemotes(store: store)
  }

  /// How a build is done; the defaults are those of an ordinary one.
  struct Options {
    var platform = Platform(architecture: Architecture.host).normalised
    var epoch: Int64 = 1_000_000_000
    var workers = 1
    var purpose = StepMachinery.Purpose.build
    /// Patterns of files that may be for another architecture.
    var foreignFiles: [String] = []
    var arguments: [String: String] = [:]
    /// Content of the ignore file.
    var ignore: String?
    var contexts: [String: NamedContext] = [:]
    var target: String?
    var grants = RunGrants()
  }

  /// Builds a Dockerfile on the context as it is.
  func build(_ dockerfile: String, _ options: Options = Options()) async throws -> BuildResult {
    let cell = try Self.cell(dockerfile, options)
    guard case .build(let recipe) = cell.work else { preconditionFailure("a Dockerfile is built") }
    let resources = ResourcePool(capacity: [.cpu: options.workers])
    let layers = LayerStore(store: store, resources: resources, workers: options.workers)
    let machinery = StepMachinery(
      store: store, layers: layers, snapshots: snapshots, runner: runner, resources: resources, remotes: remotes,
      purpose: options.purpose, set: "test", grants: options.grants
    ) { platform in
      Emulator(
        architecture: platform.architecture, path: "/usr/bin/none", version: "test",
        digest: Digest(sha256: [UInt8](repeating: 1, count: 32)))
    }
    let log = EventLog()
    let executor = CellExecutor(
      machinery: machinery, id: cell.id, recipe: recipe, context: context, epoch: options.epoch, images: images
    ) { log.append($0) }
    let image = try await executor.run()
    let tree = try await LayerCatalog(store: store).tree(of: image.layers)
    return BuildResult(image: image, tree: tree, events: log.events, store: store)
  }

  /// The only cell of a set with one component named `app`.
  static func cell(_ dockerfile: String, _ options: Options) throws -> Cell {
    var files = ["components/app/Dockerfile": dockerfile]
    files["components/app/.dockerignore"] = options.ignore
    let set = try ComponentSet(discovering: RecipeFiles(files: files))
    var diagnostics: [Diagnostic] = []
    let settings = SetSettings(
      flags: [.architectures: .text(options.platform.shortName)], environment: [:], diagnostics: &diagnostics)
    try DiagnosticsError.check(diagnostics)
    let names = ImageNames(prefix: "registry.example/set", tag: Tag("1")!)
    var planner = Planner(
      set: set, names: names, buildPlatform: Platform(architecture: Architecture.host).normalised,
      givenArguments: options.arguments, contexts: options.contexts, targets: StageTargets(common: options.target))
    planner.foreignFiles = [set.components[0].name: options.foreignFiles]
    return try planner.plan(set.select(settings)).cells[0]
  }
}

/// Runs `body` with an empty workbench.
@discardableResult
func withWorkbench<R>(_ body: (Workbench) async throws -> R) async throws -> R {
  try await withTemporaryDirectory { path, directory in
    try await body(try Workbench(root: path, directory: directory))
  }
}

/// What came of a build.
struct BuildResult: Sendable {
  let image: Image
  let tree: Tree
  let events: [StepEvent]
  let store: ContentStore

  var process: ImageConfig.Process { image.process }

  /// Whether each step's result was there already, in the order in which they ended.
  var cached: [Bool] {
    events.compactMap { if case .finished(_, let isCached, _) = $0 { isCached } else { nil } }
  }

  /// Text of every regular file by path; `path -> target` for links, a slash behind directories.
  func files() throws -> [String: String] {
    var result: [String: String] = [:]
    let all = tree.descendants()
    let contents = try SpooledFiles(
      all.filter { $0.entry.contentDigest != nil }, of: image.layers, in: store, cancellation: CancellationFlag())
    for item in all {
      let path = String(decoding: item.path.bytes, as: UTF8.self)
      switch item.entry.kind {
      case .file: result[path] = String(decoding: try contents.bytes(of: item, limit: 1 << 20), as: UTF8.self)
      case .symlink(let target): result[path] = "-> " + String(decoding: target, as: UTF8.self)
      case .directory: result[path + "/"] = ""
      default: result[path] = "\(item.entry.kind)"
      }
    }
    return result
  }

  /// `path mode uid:gid` of everything.
  var modes: [String] {
    tree.descendants().map { item in
      let path = String(decoding: item.path.bytes, as: UTF8.self) + (item.entry.isDirectory ? "/" : "")
      return "\(path) \(String(item.entry.mode, radix: 8)) \(item.entry.uid):\(item.entry.gid)"
    }
  }
}

/// Runs no command: records the request and lets the test say what the command changes.
final class ScriptedRunner: StepRunner {
  typealias Command = @Sendable (RunRequest, Directory) throws -> Void

  private let snapshots: SnapshotStore
  private let state = Mutex<(requests: [RunRequest], command: Command)>(([], { _, _ in }))

  init(snapshots: SnapshotStore) { self.snapshots = snapshots }

  var requests: [RunRequest] { state.withLock { $0.requests } }

  /// What every command does from now on; the directory is the upper one of the overlay.
  func onRun(_ command: @escaping Command) { state.withLock { $0.command = command } }

  func check(_ platform: Platform) {}

  func run(
    _ request: RunRequest, output: @escaping @Sendable (ArraySlice<UInt8>) -> Void
  ) async throws -> StepChange {
    let command = state.withLock { state in
      state.requests.append(request)
      return state.command
    }
    let snapshot = try snapshots.begin()
    do {
      try command(request, snapshot.files)
      output(Array("ran\n".utf8)[...])
      return StepChange(snapshot: snapshot, base: try MergedView(lowers: request.lowers.reversed()))
    } catch {
      try? snapshot.discard()
      throw error
    }
  }
}

/// Images by their reference as planned.
final class MemoryImages: ImageProvider {
  private let images = Mutex<[String: Image]>([:])

  struct Unknown: Error { let origin: ImageOrigin }

  /// `name` as in `FROM`, with registry and tag; the platform does not matter.
  subscript(name: String) -> Image? {
    get { images.withLock { $0[name] } }
    set { images.withLock { $0[name] = newValue } }
  }

  func image(_ origin: ImageOrigin) async throws -> Image {
    guard case .registry(let reference, _) = origin, let image = self[reference.description] else {
      throw Unknown(origin: origin)
    }
    return image
  }
}

/// Events of a build in the order in which they came.
final class EventLog: Sendable {
  private let list = Mutex<[StepEvent]>([])

  func append(_ event: StepEvent) { list.withLock { $0.append(event) } }

  var events: [StepEvent] { list.withLock { $0 } }
}

/// The recipes of a set in memory, by path.
struct RecipeFiles: SetFiles {
  var files: [String: String]

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
    guard let content = files[file] else { throw NoSuchFile() }
    return Array(content.utf8)
  }
}

extension Directory {
  /// Writes a file and the directories above it; a new file gets `mode`.
  func write(_ content: some Sequence<UInt8>, to path: some StringProtocol, mode: UInt32 = 0o644) throws {
    let (directory, name) = try parent(of: path)
    let file = try directory.file(name, .writeOnly, options: [.create, .truncate])
    defer { file.closeQuietly() }
    try file.writeFully(Array(content))
    try directory.setPermissions(name, mode)
  }

  func write(_ text: String, to path: some StringProtocol, mode: UInt32 = 0o644) throws {
    try write(Array(text.utf8), to: path, mode: mode)
  }

  /// Makes a symbolic link and the directories above it.
  func link(_ path: some StringProtocol, to target: String) throws {
    let (directory, name) = try parent(of: path)
    try directory.makeSymbolicLink(name, to: target)
  }

  /// Removes a file, so that the next one of its name is another to the kernel.
  func remove(_ path: String) throws {
    let (directory, name) = try parent(of: path)
    try directory.removeFile(name)
  }

  /// Gives a file permissions.
  func change(_ path: String, mode: UInt32) throws {
    let (directory, name) = try parent(of: path)
    try directory.setPermissions(name, mode)
  }

  /// The directory of a path, made where it is missing, and the last name.
  func parent(of path: some StringProtocol) throws -> (Directory, String) {
    var parts = String(path).split(separator: "/").map(String.init)
    let name = parts.removeLast()
    var directory = self
    for part in parts { directory = try directory.ensureDirectory(part) }
    return (directory, name)
  }
}

extension Workbench {
  /// Packs `name` of a directory of the context into a file of the context, with GNU tar and its options.
  func pack(_ name: String, of directory: String, into archive: String, _ options: [String]) async throws {
    let context = root.appending("context")
    let place = directory.isEmpty ? context : context.appending(directory)
    try await Tool.run("tar", options + ["-cf", context.appending(archive).string, "-C", place.string, name])
  }
}
