import Content
import Linux

/// Runs `body` with an empty content store that is gone afterwards.
package func withTemporaryStore<R>(_ body: (ContentStore) async throws -> R) async throws -> R {
  try await withTemporaryDirectory(prefix: "imgset-store-") { directory, _ in
    try await body(try ContentStore(root: directory.appending("store")))
  }
}
