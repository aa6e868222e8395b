import Content
import Layers
import OCI
import Planning

/// Makes the directory of a WORKDIR where the tree does not have it yet.
struct DirectoryExecutor: Sendable {
  let context: StepContext
  /// Absolute and normalised.
  let path: String

  /// - Throws: `CopyError.directoryOverFile` when something else is in the way; as reading and writing layers.
  func run() async throws -> StepOutcome {
    var inputs = context.inputs("workdir")
    inputs["path"] = path
    return try await context.result(inputs) { try await make() }
  }

  private func make() async throws -> StoredLayer? {
    let tree = try await context.machinery.catalog.tree(of: context.layers)
    let place = try tree.resolve(path.utf8)
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
    let entries = missing.reversed().map {
      LayerEntry(path: $0, kind: .directory, mode: 0o755, modified: context.time)
    }
    return try await context.machinery.layers.write(size: 0) { writer, _ in
      for entry in entries { try writer.add(entry) }
    }.layer
  }
}
