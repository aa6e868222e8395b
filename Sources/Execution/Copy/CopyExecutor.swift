import Content
import Dockerfile
import Layers
import Linux
import OCI
import Planning

/// Where the local files of a COPY come from.
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
  /// - Throws: `CopyError` for what cannot be copied; `LayerError`, `ContentError`, `PathError`; what fetching throws.
  func run() async throws -> StepOutcome {
    let parts = try await parts()
    guard let inputs = inputs(parts) else {
      // Some file was never hashed: writing the layer hashes it in the same pass, and equal content gives the equal layer.
      return try await writeThenKey(parts)
    }
    return try await context.result(inputs) { try await write(parts).layer }
  }

  /// The sources in order; neighbours of one tree together.
  ///
  /// A wildcard may match nothing as long as the instruction has something to copy.
  private func parts() async throws -> [CopyPart] {
    var parts: [CopyPart] = []
    var paths: [String] = []
    var empty: CopyError?
    func endPaths() async throws {
      guard !paths.isEmpty else { return }
      let (tree, unmatched) = try await local(paths)
      parts.append(.local(tree))
      empty = empty ?? unmatched
      paths = []
    }
    for source in step.sources {
      if case .path(let path) = source {
        paths.append(path)
        continue
      }
      try await endPaths()
      parts.append(try await remote(source))
    }
    try await endPaths()
    if let empty, parts.allSatisfy(\.isEmpty), step.inlineFiles.isEmpty { throw empty }
    return parts
  }

  /// What a remote source leads to, as far as the cache key needs it.
  private func remote(_ source: CopyStep.Source) async throws -> CopyPart {
    let isExamined = context.machinery.purpose == .examine
    switch source {
    case .path: preconditionFailure("paths are local")
    case .download(let download):
      if let digest = download.digest { return .download(download, digest) }
      if isExamined { throw StepMiss(cause: .askedAgain(download.shown)) }
      return .download(download, try await context.machinery.remotes.file(download).digest)
    case .repository(let repository):
      if let commit = repository.fixedCommit { return .repository(repository, commit: commit) }
      if isExamined { throw StepMiss(cause: .askedAgain(repository.shown)) }
      return .repository(repository, commit: try await context.machinery.remotes.commit(of: repository))
    }
  }

  /// Everything that the result depends on; nil when a file's content is not hashed yet.
  private func inputs(_ parts: [CopyPart]) -> CacheInputs? {
    var inputs = context.inputs(step.unpacksArchives ? "add" : "copy")
    if step.isLinked { inputs["parent"] = "linked" }
    inputs["owner"] = step.owner?.text ?? ""
    inputs["mode"] = step.mode.map { "\($0)" } ?? ""
    inputs["destination"] = step.destination
    inputs["workingDirectory"] = step.destination.hasPrefix("/") ? "" : step.workingDirectory
    inputs["parents"] = "\(step.keepsParents)"
    inputs.set("excludes", step.excludes)
    inputs.set("sources", step.sources.map(\.shown))
    var number = 0
    for part in parts {
      switch part {
      case .local(let part):
        for selection in part.selections {
          guard let digest = selection.listingDigest(in: part.tree) else { return nil }
          inputs["source \(number) \(String(decoding: selection.name, as: UTF8.self))"] = digest.description
          number += 1
        }
      case .download(let source, let digest):
        inputs["source \(number) \(source.fileName ?? "")"] = "\(digest) \(step.unpacksDownloads)"
        number += 1
      case .repository(let source, let commit):
        inputs["source \(number) \(source.shown)"] =
          "\(commit) \(source.keepsGitDirectory) \(source.hasSubmodules) \(source.directory)"
        number += 1
      }
    }
    for (number, file) in step.inlineFiles.enumerated() {
      inputs["inline \(number) \(file.name)"] = String(decoding: file.content, as: UTF8.self)
    }
    return inputs
  }

  private func writeThenKey(_ parts: [CopyPart]) async throws -> StepOutcome {
    let start = ContinuousClock.now
    let written = try await write(parts)
    if case .local(let part)? = parts.first, let scan = part.scan {
      try await BlockingPool.shared.run { try rememberDigests(written.digests, of: scan) }
    }
    let seconds = start.duration(to: .now) / .seconds(1)
    let outcome = StepOutcome(layer: written.layer, isCached: false)
    // The scan is repeated with the digests known now; a file that changed meanwhile leaves no record.
    if let inputs = inputs(try await self.parts()) { try context.remember(outcome, inputs, seconds: seconds) }
    return outcome
  }

  private func rememberDigests(_ digests: [EntryPath: Digest], of scan: ContextScan) throws {
    try context.store.records.setFileDigests(
      digests.compactMap { path, digest in scan.unhashed[path].map { ($0, digest) } })
  }
}

extension CopyPart {
  /// Whether nothing was found to copy.
  fileprivate var isEmpty: Bool { if case .local(let tree) = self { tree.selections.isEmpty } else { false } }
}

extension CopyStep.Source {
  /// The source without credentials.
  var shown: String {
    switch self {
    case .path(let path): path
    case .download(let source): source.shown
    case .repository(let source): source.shown
    }
  }
}
