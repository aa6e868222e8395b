import Content
import Dockerfile
import Layers
import Linux
import Planning

extension CopyExecutor {
  /// The tree that paths are copied from and what they name in it; the error of one that matches nothing is returned.
  func local(_ paths: [String]) async throws -> (CopyTree, unmatched: CopyError?) {
    let rules = try rules()
    switch origin {
    case .image(let layers):
      let tree = try await context.machinery.catalog.tree(of: layers)
      let (selections, unmatched) = try select(paths, in: tree, rules)
      let part = CopyTree(
        tree: tree, selections: selections, place: .layers(layers), keepsOwners: step.owner == nil)
      return (part, unmatched)
    case .context(let scanner, _):
      return try await BlockingPool.shared.runCancellable { cancellation in
        let scan = try scanner.scan(paths, cancellation: cancellation)
        let (part, unmatched) = try part(paths, scan, scanner, rules)
        let unhashed = part.unhashed
        if unhashed.isEmpty { return (part, unmatched) }
        let isExamined = context.machinery.purpose == .examine
        if isExamined { try context.requireEarlierRun() }
        // What is unpacked does not show in the layer as a file, so it cannot be hashed on its way there.
        guard isExamined || step.unpacksArchives || step.paths.count < step.sources.count else {
          return (part, unmatched)
        }
        let hashed = try scanner.hashing(scan, only: unhashed, cancellation: cancellation)
        return try self.part(paths, hashed, scanner, rules)
      }
    }
  }

  /// How sources are read.
  func rules() throws -> CopyRules {
    var rules = CopyRules(keepsParents: step.keepsParents)
    if case .context(_, let hasIgnoreFile) = origin { rules.hasIgnoreFile = hasIgnoreFile }
    if !step.excludes.isEmpty { rules.excludes = try IgnorePatterns(step.excludes, origin: "--exclude") }
    return rules
  }

  private func part(
    _ paths: [String], _ scan: ContextScan, _ scanner: ContextScanner, _ rules: CopyRules
  ) throws -> (CopyTree, unmatched: CopyError?) {
    let tree = try Tree([LayerIndex(scan.entries)])
    let (selections, unmatched) = try select(paths, in: tree, rules)
    let part = CopyTree(
      tree: tree, selections: selections, place: .directory(scanner.root), unpacksArchives: step.unpacksArchives,
      scan: scan)
    return (part, unmatched)
  }

  private func select(
    _ paths: [String], in tree: Tree, _ rules: CopyRules
  ) throws -> ([CopySelection], unmatched: CopyError?) {
    var selections: [CopySelection] = []
    var unmatched: CopyError?
    for path in paths {
      do {
        selections += try tree.matches(of: path, rules)
      } catch let error as CopyError {
        guard case .nothingMatches = error else { throw error }
        unmatched = unmatched ?? error
      }
    }
    return (selections, unmatched)
  }
}
