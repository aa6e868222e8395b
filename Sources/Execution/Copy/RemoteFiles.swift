import Layers
import Linux
import OCI
import Planning

/// Fetches what ADD names by an address.
///
/// Nothing here is asked while a plan is only examined, unless it can answer from what the store has.
package protocol RemoteFiles: Sendable {
  /// The file of a URL, as a blob in the store.
  ///
  /// A file whose digest the instruction gives is not asked for again once it is there; any other is, and transferred only
  /// when the server says that it changed.
  ///
  /// - Throws: what went wrong on the way, or that the content has another digest.
  func file(_ source: DownloadSource) async throws -> RemoteFile

  /// The full name of the commit that a repository's reference leads to now, with its tree in the store.
  ///
  /// - Throws: that there is no such reference, or that it leads to another commit than the instruction says.
  func commit(of source: RepositorySource) async throws -> String

  /// Hands a checkout of a commit to `body`; it is gone afterwards.
  func withTree<R: Sendable>(
    of source: RepositorySource, at commit: String, _ body: @Sendable (Directory) async throws -> R
  ) async throws -> R
}

/// A downloaded file.
package struct RemoteFile: Hashable, Sendable {
  /// Under which the store has the content.
  package var digest: Digest
  /// In bytes.
  package var size: Int64
  /// When the server says that it was last changed.
  package var modified: Timestamp?

  package init(digest: Digest, size: Int64, modified: Timestamp?) {
    self.digest = digest
    self.size = size
    self.modified = modified
  }
}
