import Components
import Diagnostics
import Dockerfile
import OCI

/// Plans one cell: the strategy, and where every image that it names comes from.
struct CellPlanner {
  let planner: Planner
  let component: Component
  let platform: Platform

  func cell(isSelected: Bool, warnings: inout [Diagnostic]) throws(DiagnosticsError) -> Cell {
    let resolution = try component.strategy(for: platform)
    let work: Cell.Work
    var dependencies: Set<CellID> = []
    switch resolution.strategy {
    case .imageSource(let recipe, let source):
      let origin = try origin(of: source, recipe)
      if case .cell(let id) = origin { dependencies.insert(id) }
      work = .take(origin)
    case .dockerfile(let recipe):
      let build = try build(recipe, target: planner.targets.stage(of: component.name, isSelected: isSelected))
      warnings += build.graph.warnings.filter { !warnings.contains($0) }
      for case .cell(let id) in build.images.values { dependencies.insert(id) }
      work = .build(build)
    }
    return Cell(
      id: CellID(component: component.name, platform: platform), recipeName: resolution.strategy.recipe.fileName,
      work: work, reason: resolution.reason, hidden: resolution.hidden.map(\.fileName),
      dependencies: dependencies.sorted(), isSelected: isSelected)
  }

  private func origin(of source: ImageSource, _ recipe: Recipe) throws(DiagnosticsError) -> ImageOrigin {
    switch source {
    case .reference(let reference): return planner.origins.origin(of: reference, platform)
    case .release(let placeholder):
      guard let release = planner.release else {
        throw DiagnosticsError(
          .error(
            "`\(placeholder)` needs a release payload, and none is given", at: recipe.source.name,
            why: ["component `\(component.name)` for \(platform.shortName) takes its image from the release"],
            help: ["name the release image with `--release`, or write an image reference into \(recipe.fileName)"]))
      }
      return .registry(try release.image(for: placeholder, of: component, platform, in: recipe), platform)
    }
  }

  private func build(_ recipe: Recipe, target: String?) throws(DiagnosticsError) -> BuildRecipe {
    let graph = try StageGraph(parsing: recipe.source)
    let stages = try graph.resolve(
      planner.arguments(of: component.name, for: platform, stage: target), target: target,
      contexts: Set(planner.origins.contexts.keys))
    var images: [BuildRecipe.ImageUse: ImageOrigin] = [:]
    var diagnostics: [Diagnostic] = []
    for image in stages.images {
      do {
        let wanted = try platform(named: image.platform, at: image.range)
        images[.init(name: image.reference, platform: wanted)] = try origin(of: image, wanted)
      } catch {
        diagnostics += error.diagnostics
      }
    }
    try DiagnosticsError.check(diagnostics)
    try checkPlatform(of: stages, graph)
    return BuildRecipe(
      graph: graph, stages: stages, ignoreFile: recipe.ignoreFile, images: images, origins: planner.origins,
      foreignFiles: planner.foreignFiles[component.name] ?? [])
  }

  /// The image is listed for the cell's platform, so it has to be for it.
  private func checkPlatform(of stages: ResolvedStages, _ graph: StageGraph) throws(DiagnosticsError) {
    let from = graph.stages[stages.target].from
    let range = from.platform?.range ?? from.base.range
    let actual = try platform(named: stages.stage(stages.target)?.platform, at: range).normalised
    guard actual != platform.normalised else { return }
    throw DiagnosticsError(
      .error(
        "the last stage is for \(actual), but the image is to be for \(platform)", at: range,
        why: ["an index would offer this image to machines that cannot run it"],
        help: [
          "leave --platform out of the last stage, and COPY --from a stage that has it",
          "for one architecture alone, name the file Dockerfile.\(actual.architecture)",
        ]))
  }

  /// nil for the files of a directory, and for none.
  private func origin(of image: ResolvedStages.Image, _ wanted: Platform) throws(DiagnosticsError) -> ImageOrigin? {
    if image.isContext { return planner.origins.origin(ofContext: image.reference, wanted) }
    return planner.origins.origin(of: try reference(image), wanted)
  }

  private func reference(_ image: ResolvedStages.Image) throws(DiagnosticsError) -> Reference {
    do {
      return try Reference(parsing: image.reference)
    } catch {
      throw DiagnosticsError(.error(error.description, at: image.range))
    }
  }

  private func platform(named text: String?, at range: SourceRange) throws(DiagnosticsError) -> Platform {
    guard let text else { return platform }
    guard let named = Platform(parsing: text) else {
      throw DiagnosticsError(
        .error("`\(text)` is not a platform", at: range, help: ["write it like `linux/arm64` or `$BUILDPLATFORM`"]))
    }
    return named
  }
}
