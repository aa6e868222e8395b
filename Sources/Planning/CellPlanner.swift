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
      let build = try build(recipe)
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
    case .reference(let reference): return origin(of: reference, platform)
    case .release(let placeholder):
      throw DiagnosticsError(
        .error(
          "`\(placeholder)` needs a release payload, and none is given", at: recipe.source.name,
          why: ["component `\(component.name)` for \(platform.shortName) takes its image from the release"],
          help: ["leave the component out, or write an image reference into \(recipe.fileName)"]))
    }
  }

  private func origin(of reference: Reference, _ platform: Platform) -> ImageOrigin {
    guard let name = planner.component(named: reference) else { return .registry(reference, platform) }
    return .cell(CellID(component: name, platform: platform))
  }

  private func build(_ recipe: Recipe) throws(DiagnosticsError) -> BuildRecipe {
    let graph = try StageGraph(parsing: recipe.source)
    let stages = try graph.resolve(arguments)
    var images: [BuildRecipe.ImageUse: ImageOrigin] = [:]
    var diagnostics: [Diagnostic] = []
    for image in stages.images {
      do {
        let wanted = try platform(named: image.platform, at: image.range)
        let reference = try reference(image)
        images[.init(name: image.reference, platform: wanted)] = origin(of: reference, wanted)
      } catch {
        diagnostics += error.diagnostics
      }
    }
    try DiagnosticsError.check(diagnostics)
    return BuildRecipe(graph: graph, stages: stages, ignoreFile: recipe.ignoreFile, images: images)
  }

  /// The arguments of every Dockerfile build: contract, section 3.
  private var arguments: BuildArguments {
    let tag = planner.names.tag.description
    var given = ["REGISTRY": planner.names.prefix, "OCP_TAG": tag, "RELEASE_TAG": tag, "OKD_TAG": tag]
    given["VERSION"] = planner.versions[component.name] ?? ""
    given.merge(planner.givenArguments) { $1 }
    return BuildArguments(given: given, target: platform, build: planner.buildPlatform)
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
