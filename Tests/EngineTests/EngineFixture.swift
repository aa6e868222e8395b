import Components
import Content
import Linux
import Progress
import Synchronization
import SystemPackage

@testable import Engine

/// A set on the disk and a store of its own; nothing reaches a network or needs root.
struct SetOnDisk: Sendable {
  let root: FilePath
  let directory: Directory
  let store: ContentStore

  init(root: FilePath, directory: Directory) throws {
    self.root = root
    self.directory = try directory.ensureDirectory("set")
    _ = try directory.ensureDirectory("home")
    store = try ContentStore(root: root.appending("store"))
  }

  /// Writes a file below `components/`, with the directories above it.
  func write(_ text: String, to path: String, mode: UInt32 = 0o644) throws {
    var parts = "components/\(path)".split(separator: "/").map(String.init)
    let name = parts.removeLast()
    var parent = directory
    for part in parts { parent = try parent.ensureDirectory(part) }
    let file = try parent.file(name, .writeOnly, options: [.create, .truncate])
    defer { file.closeQuietly() }
    try file.writeFully(Array(text.utf8))
    try parent.setPermissions(name, mode)
  }

  /// A pipeline on the set with these settings, and what happens in it.
  func pipeline(
    architectures: String = "amd64 arm64", components: String = "", ignoresCache: Bool = false
  ) -> (Pipeline, Events) {
    let events = Events()
    let environment = [
      "HOME": root.appending("home").string, "PATH": "/usr/bin:/bin", "ARCHITECTURES": architectures,
      "COMPONENTS": components, "DEST_REGISTRY": "registry.example/set", "OCP_BASE_TAG": "v1",
      "SOURCE_DATE_EPOCH": "1000000000",
    ]
    let request = BuildRequest(
      directory: root.appending("set"), environment: environment, ignoresCache: ignoresCache)
    return (Pipeline(request: request, store: store) { events.append($0) }, events)
  }
}

/// Runs `body` with an empty set.
@discardableResult
func withSet<R>(_ body: (SetOnDisk) async throws -> R) async throws -> R {
  try await withTemporaryDirectory { path, directory in try await body(SetOnDisk(root: path, directory: directory)) }
}

/// Events of a run in the order in which they came.
final class Events: Sendable {
  private let list = Mutex<[BuildEvent]>([])

  func append(_ event: BuildEvent) { list.withLock { $0.append(event) } }

  /// How each cell ended, by `component/arch`.
  var outcomes: [String: CellResult.Outcome] {
    list.withLock { list in
      var result: [String: CellResult.Outcome] = [:]
      for case .cellFinished(let id, let outcome) in list {
        result["\(id.component)/\(id.platform.shortName)"] = outcome.outcome
      }
      return result
    }
  }

  /// Whether each finished step was there already.
  var cached: [Bool] {
    list.withLock { $0.compactMap { if case .stepFinished(_, _, let isCached, _) = $0 { isCached } else { nil } } }
  }

  /// The names of the cases, without repetitions in a row.
  var kinds: [String] {
    list.withLock { list in
      var result: [String] = []
      for event in list {
        let kind = String("\(event)".prefix { $0 != "(" })
        if result.last != kind { result.append(kind) }
      }
      return result
    }
  }
}
