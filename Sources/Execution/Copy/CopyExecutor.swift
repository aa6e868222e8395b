import Content
import Diagnostics
import Dockerfile
import Layers
import Linux
import OCI
import Planning

/// Where the files of a COPY come from.
enum CopyOrigin: Sendable {
  case context(ContextScanner, hasIgnoreFile: Bool)
  /// The layers of another stage or image, lowest first.
  case image([StoredLayer])
}

/// Carries out COPY and ADD on trees, without mounting or unpacking anything.
struct CopyExecutor: Sendable {
  let context: StepContext
  let step: CopyStep
  let origin: CopyOrigin

  /// Writes the layer, or finds it.
  ///
  /// - Throws: `CopyError` for what cannot be copied; `LayerError`, `ContentError`, `PathError`.
  func run() async throws -> StepOutcome {
    let target = step.isLinked ? Tree() : nil
    let owner = try await resolvedOwner()
    let request = CopyPlan.Request(
      destination: step.destination, workingDirectory: step.workingDirectory,
      hasSeveralSources: step.sources.count + step.inlineFiles.count > 1, uid: owner.uid, gid: owner.gid,
      mode: step.mode, time: context.time)
    let found = try await BlockingPool.shared.runCancellable { try find($0) }
    let tree = try await sourceTree(found)
    let selections = try selected(in: tree)

    guard let inputs = inputs(selections, tree, owner: owner) else {
      // Some file was never hashed: writing the layer hashes it in the same pass, and equal content gives the equal layer.
      return try await writeThenKey(request, selections, tree, target, found)
    }
    return try await context.result(inputs) {
      try await write(request, selections, tree, target).layer
    }
  }

  private var hasIgnoreFile: Bool { if case .context(_, true) = origin { true } else { false } }

  /// Looks at the build context; for an image there is nothing to look at.
  private func find(_ cancellation: CancellationFlag) throws -> ContextScan? {
    guard case .context(let scanner, _) = origin else { return nil }
    let scan = try scanner.scan(step.sources, cancellation: cancellation)
    if scan.isHashed { return scan }
    let isExamined = context.machinery.purpose == .examine
    if isExamined { try context.requireEarlierRun() }
    // What is unpacked does not show in the layer as a file, so it cannot be hashed on its way there.
    return step.unpacksArchives || isExamined ? try scanner.hashing(scan, cancellation: cancellation) : scan
  }

  private func sourceTree(_ scan: ContextScan?) async throws -> Tree {
    switch origin {
    case .context: try Tree([LayerIndex(scan?.entries ?? [])])
    case .image(let layers): try await context.machinery.catalog.tree(of: layers)
    }
  }

  /// What the sources name. A wildcard may match nothing as long as the instruction has something to copy.
  private func selected(in tree: Tree) throws -> [CopySelection] {
    var selections: [CopySelection] = []
    var empty: CopyError?
    for source in step.sources {
      do {
        selections += try tree.matches(of: source, hasIgnoreFile: hasIgnoreFile)
      } catch let error as CopyError {
        guard case .nothingMatches = error else { throw error }
        empty = empty ?? error
      }
    }
    if let empty, selections.isEmpty, step.inlineFiles.isEmpty { throw empty }
    return selections
  }

  /// Everything that the result depends on; nil when a file's content is not hashed yet.
  private func inputs(_ selections: [CopySelection], _ tree: Tree, owner: (uid: UInt32, gid: UInt32)) -> CacheInputs? {
    var inputs = context.inputs(step.unpacksArchives ? "add" : "copy")
    if step.isLinked { inputs["parent"] = "linked" }
    inputs["owner"] = "\(owner.uid):\(owner.gid)"
    inputs["mode"] = step.mode.map { "\($0)" } ?? ""
    inputs["destination"] = step.destination
    inputs["workingDirectory"] = step.destination.hasPrefix("/") ? "" : step.workingDirectory
    inputs.set("sources", step.sources)
    for (number, selection) in selections.enumerated() {
      guard let digest = selection.listingDigest(in: tree) else { return nil }
      let name = String(decoding: selection.name, as: UTF8.self)
      inputs["source \(number) \(name)"] = digest.description
    }
    for (number, file) in step.inlineFiles.enumerated() {
      inputs["inline \(number) \(file.name)"] = String(decoding: file.content, as: UTF8.self)
    }
    return inputs
  }

  private func writeThenKey(
    _ request: CopyPlan.Request, _ selections: [CopySelection], _ tree: Tree, _ target: Tree?, _ scan: ContextScan?
  ) async throws -> StepOutcome {
    let start = ContinuousClock.now
    let written = try await write(request, selections, tree, target)
    try await BlockingPool.shared.run { try rememberDigests(written.digests, of: scan) }
    let seconds = start.duration(to: .now) / .seconds(1)
    // The scan is repeated with the digests known now; a file that changed meanwhile leaves no record.
    let again = try await BlockingPool.shared.runCancellable { try find($0) }
    let tree = try await sourceTree(again)
    let selections = try selected(in: tree)
    let outcome = StepOutcome(layer: written.layer, isCached: false)
    if let inputs = inputs(selections, tree, owner: (request.uid, request.gid)) {
      try context.remember(outcome, inputs, seconds: seconds)
    }
    return outcome
  }

  private func rememberDigests(_ digests: [EntryPath: Digest], of scan: ContextScan?) throws {
    guard let scan else { return }
    try context.store.records.setFileDigests(
      digests.compactMap { path, digest in scan.unhashed[path].map { ($0, digest) } })
  }
}
