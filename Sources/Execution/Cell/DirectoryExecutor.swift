import Content
import Dockerfile
import Layers
import OCI
import Planning

/// Makes the directory of a WORKDIR where the tree does not have it yet, for the user who works there.
struct DirectoryExecutor: Sendable {
  let context: StepContext
  let step: DirectoryStep

  /// - Throws: `CopyError.directoryOverFile` when something else is in the way; as reading and writing layers.
  func run() async throws -> StepOutcome {
    var inputs = context.inputs("workdir")
    inputs["path"] = step.path
    inputs["user"] = step.user
    return try await context.result(inputs) { try await make() }
  }

  private func make() async throws -> StoredLayer? {
    let tree = try await context.machinery.catalog.tree(of: context.layers)
    let place = try tree.resolve(step.path.utf8)
    if let entry = place.entry {
      guard entry.entry.isDirectory else { throw CopyError.directoryOverFile(place.path) }
      return nil
    }
    var missing: [EntryPath] = []
    var next: EntryPath? = place.path
    while let directory = next, !directory.isRoot, tree.lookup(directory) == nil {
      missing.append(directory)
      next = directory.parent
    }
    let owner = try await owner()
    let entries = missing.reversed().map {
      LayerEntry(
        path: $0, kind: .directory, mode: 0o755, uid: owner.uid, gid: owner.gid, modified: context.time)
    }
    return try await context.machinery.layers.write(size: 0) { writer, _ in
      for entry in entries { try writer.add(entry) }
    }.layer
  }

  /// The current USER; root when the image does not know the name, which only a command as that user minds.
  private func owner() async throws -> FileOwner {
    do {
      return try await context.numbers(of: OwnerSpecification(step.user))
    } catch let error as CopyError {
      switch error {
      case .unknownUser, .unknownGroup: return .root
      default: throw error
      }
    }
  }
}
