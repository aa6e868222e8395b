import Content
import Linux

/// Opening of the user's store.
enum Stores {
  /// Opens the store that the environment names, or the user's own.
  static func open(_ environment: [String: String]) async throws -> ContentStore {
    let root = ContentStore.defaultRoot(
      environment: environment, isRoot: Machine.effectiveUser == 0 && !UserNamespace.isEntered)
    return try await BlockingPool.shared.run {
      do { return try ContentStore(root: root) } catch let error as ContentError { throw error } catch {
        throw StoreError(path: root.string, why: "\(error)")
      }
    }
  }
}

/// A store that cannot be opened.
struct StoreError: Error {
  let path: String
  let why: String
}
