import Content
import Execution
import Linux
import Planning
import Synchronization
import TestSupport

/// Files and repositories that a test decides, in the place of the network.
final class MemoryRemotes: RemoteFiles {
  struct File: Sendable {
    var content: [UInt8]
    var modified: Int64?
  }

  struct Unknown: Error { let address: String }

  private struct State {
    var files: [String: File] = [:]
    var trees: [String: [String: String]] = [:]
    var asked: [String] = []
  }

  private let store: ContentStore
  private let state = Mutex(State())

  init(store: ContentStore) { self.store = store }

  /// What was asked for, in order.
  var asked: [String] { state.withLock { $0.asked } }

  /// What a URL gives.
  func set(_ url: String, _ content: some Sequence<UInt8>, modified: Int64? = nil) {
    state.withLock { $0.files[url] = File(content: Array(content), modified: modified) }
  }

  /// What a commit holds: text by path; a name that ends in `*` is executable.
  func set(commit: String, _ files: [String: String]) { state.withLock { $0.trees[commit] = files } }

  func file(_ source: DownloadSource) async throws -> RemoteFile {
    let file = state.withLock { state in
      state.asked.append(source.url)
      return state.files[source.url]
    }
    guard let file else { throw Unknown(address: source.url) }
    let ingest = try store.ingest()
    try ingest.write(file.content)
    let (digest, size) = try ingest.commit()
    return RemoteFile(digest: digest, size: size, modified: file.modified.map { .init(seconds: $0) })
  }

  func commit(of source: RepositorySource) async throws -> String {
    let commit = state.withLock { state in
      state.asked.append(source.url)
      return state.trees.keys.first
    }
    guard let commit else { throw Unknown(address: source.url) }
    return commit
  }

  func withTree<R: Sendable>(
    of source: RepositorySource, at commit: String, _ body: @Sendable (Directory) async throws -> R
  ) async throws -> R {
    let files = state.withLock { state in
      state.asked.append("\(source.url) \(commit)")
      return state.trees[commit]
    }
    guard let files else { throw Unknown(address: commit) }
    return try await withTemporaryDirectory { _, directory in
      for (path, text) in files {
        let isExecutable = path.hasSuffix("*")
        try directory.write(text, to: isExecutable ? String(path.dropLast()) : path, mode: isExecutable ? 0o700 : 0o600)
      }
      return try await body(directory)
    }
  }
}
