import Assembly
import Content
import Diagnostics
import Dockerfile
import OCI
import Planning

/// Files that an instruction takes from elsewhere.
enum StepSource: Sendable {
  /// Layers of another stage or image, lowest first.
  case layers([StoredLayer])
  case context(BuildContext)
}

extension StageBuilder {
  /// Where a COPY takes its files from.
  ///
  /// - Parameter position: the instruction's place in the stage, negative for triggers.
  func copySource(
    _ instruction: Instruction, at position: Int, _ state: StageState
  ) async throws -> StepSource {
    guard position < 0 else {
      let reference = stage.references.first { $0.instruction == position && $0.mount == nil }
      guard let reference else { return .context(context) }
      return try await files(of: reference.source, at: reference.range)
    }
    guard case .copy(let copy) = instruction.kind, let from = copy.from else { return .context(context) }
    return try await files(of: lateSource(try state.expand(from), at: from.range), at: from.range)
  }

  /// Where the mounts of a RUN take their files from that name a stage, an image or a context, by position.
  func mountSources(_ instruction: Instruction, at position: Int) async throws -> [Int: StepSource] {
    var sources: [Int: StepSource] = [:]
    if position >= 0 {
      for reference in stage.references where reference.instruction == position {
        guard let mount = reference.mount else { continue }
        sources[mount] = try await files(of: reference.source, at: reference.range)
      }
    } else if case .run(let run) = instruction.kind {
      for (number, mount) in run.mounts.enumerated() {
        guard let from = mount.from else { continue }
        sources[number] = try await files(of: lateSource(from, at: mount.word.range), at: mount.word.range)
      }
    }
    return sources
  }

  /// What a name in a trigger means: triggers come with a base image, hence after the plan was made.
  private func lateSource(_ name: String, at range: SourceRange) throws(DiagnosticsError) -> StageSource {
    try cell.recipe.graph.source(
      named: name, in: stage.index, at: range, contexts: Set(cell.recipe.origins.contexts.keys))
  }

  private func files(of source: StageSource, at range: SourceRange) async throws -> StepSource {
    switch source {
    case .scratch: return .layers([])
    case .stage(let index): return .layers(try await cell.result(of: index).image.layers)
    case .image, .context:
      if isNothing(source) { return .layers([]) }
      if let path = directory(of: source) { return .context(try await cell.namedContext(path)) }
      return .layers(try await image(of: source, cell.id.platform, at: range).layers)
    }
  }

  /// Whether a source is the empty tree, by itself or because the build was given that for its name.
  func isNothing(_ source: StageSource) -> Bool {
    if case .context(let key) = source { return cell.recipe.origins.contexts[key] == .scratch }
    return source == .scratch
  }

  /// The directory that a named context is; nil for what is no directory.
  func directory(of source: StageSource) -> String? {
    guard case .context(let key) = source, case .directory(let path)? = cell.recipe.origins.contexts[key] else {
      return nil
    }
    return path
  }

  /// The image that a stage starts from or takes files from.
  func image(of source: StageSource, _ platform: Platform, at range: SourceRange) async throws -> Image {
    let recipe = cell.recipe
    let (name, isContext) =
      switch source {
      case .image(let name): (name, false)
      case .context(let key): (key, true)
      case .scratch, .stage: preconditionFailure("a stage is no image from elsewhere")
      }
    if let origin = recipe.images[.init(name: name, platform: platform)] { return try await cell.images.image(origin) }
    let origin = isContext ? recipe.origins.origin(ofContext: name, platform) : nil
    let found = try origin ?? recipe.origins.origin(of: Self.reference(name, at: range), platform)
    if case .cell(let id) = found, !recipe.cells.contains(id) {
      throw DiagnosticsError(
        .error(
          "a trigger of the base image takes files from `\(id.component)`, which is not built before", at: range,
          why: ["which images a base image's ONBUILD names is not known when a build is planned"],
          help: ["name it in the Dockerfile too: FROM \(name) AS \(id.component)"]))
    }
    return try await cell.images.image(found)
  }

  private static func reference(_ name: String, at range: SourceRange) throws(DiagnosticsError) -> Reference {
    do throws(ReferenceError) {
      return try Reference(parsing: name)
    } catch {
      throw DiagnosticsError(.error(error.description, at: range))
    }
  }
}
