import Content
import Distribution
import Execution
import Layers
import Linux
import OCI
import Planning
import Scheduling
import Sources

/// Files and trees that ADD takes from elsewhere, each asked for once in a run whatever the number of platforms.
package final class RemoteLibrary: RemoteFiles {
  private let store: ContentStore
  private let client: RegistryClient
  private let mirrors: GitMirrors
  private let files = SingleFlight<DownloadSource, RemoteFile>(remembers: true)
  private let commits = SingleFlight<RepositorySource, String>(remembers: true)

  package init(store: ContentStore, client: RegistryClient, mirrors: GitMirrors) {
    self.store = store
    self.client = client
    self.mirrors = mirrors
  }

  package func file(_ source: DownloadSource) async throws -> RemoteFile {
    try await files.value(for: source) { try await self.fetch(source) }
  }

  package func commit(of source: RepositorySource) async throws -> String {
    try await commits.value(for: source) { try await self.mirrors.commit(of: RemoteTree(source)) }
  }

  package func withTree<R: Sendable>(
    of source: RepositorySource, at commit: String, _ body: @Sendable (Directory) async throws -> R
  ) async throws -> R {
    try await mirrors.withCheckout(of: RemoteTree(source), at: commit, body)
  }

  private func fetch(_ source: DownloadSource) async throws -> RemoteFile {
    let known = try await BlockingPool.shared.run { [store] () -> DownloadRecord? in
      let record = try store.records.download(of: source.url)
      return record.flatMap { store.size(of: $0.digest) == $0.size ? $0 : nil }
    }
    if let digest = source.digest, let known, known.digest == digest { return RemoteFile(known) }
    guard let download = Download(source.url, known: source.digest == nil ? known : nil) else {
      throw RegistryError(
        .configuration, "`\(source.shown)` is not a usable URL", help: "write http://HOST/PATH or https://HOST/PATH")
    }
    let record = try await client.fetch(download, into: store)
    if let digest = source.digest, record.digest != digest {
      throw RegistryError(
        .corrupt, "\(source.shown) is not the file that --checksum names",
        why: ["expected \(digest)", "found \(record.digest)"])
    }
    try await BlockingPool.shared.run { [store] in try store.records.setDownload(of: source.url, to: record) }
    return RemoteFile(record)
  }
}

extension RemoteFile {
  fileprivate init(_ record: DownloadRecord) {
    self.init(
      digest: record.digest, size: record.size, modified: record.modifiedSeconds.map { Timestamp(seconds: $0) })
  }
}

extension RemoteTree {
  fileprivate init(_ source: RepositorySource) {
    self.init(
      url: source.url, reference: source.reference, commit: source.commit, hasSubmodules: source.hasSubmodules,
      keepsGitDirectory: source.keepsGitDirectory, shown: source.shown)
  }
}
