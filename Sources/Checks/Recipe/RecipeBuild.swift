import Dockerfile
import OCI

/// A Dockerfile as it is built for one platform.
package struct RecipeBuild: Sendable {
  /// The platform wanted.
  package let platform: Platform
  /// The values that the build has.
  package let arguments: BuildArguments
  /// The variables in front of the first FROM; nil when they cannot be evaluated.
  package let global: GlobalScope?
  /// What each stage is built on; nil where that cannot be evaluated.
  package let bases: [StageSource?]
  /// The value of `FROM --platform` of each stage; nil for none, or one that is no platform.
  let stagePlatforms: [Platform?]
  /// Everything that the final stage needs; nil when something in it cannot be evaluated.
  let resolved: ResolvedStages?
  /// The stages that the final one needs; all when that cannot be evaluated.
  let needed: Set<Int>

  /// Evaluates a graph that has a stage.
  init(_ graph: StageGraph, platform: Platform, arguments: BuildArguments, _ surroundings: RecipeSurroundings) {
    self.platform = platform
    self.arguments = arguments
    let global = try? graph.globalScope(arguments)
    self.global = global
    bases = Self.bases(graph) { try? graph.expander.expand($0, lookup: { global?.lookup($0) }) }
    stagePlatforms = graph.stages.map { stage in
      stage.from.platform.flatMap { try? graph.expander.expand($0, lookup: { global?.lookup($0) }) }
        .flatMap { Platform(parsing: $0) }
    }
    resolved = try? graph.resolve(arguments, target: surroundings.target, contexts: surroundings.contexts)
    needed = resolved.map { Set($0.stages.map(\.index)) } ?? Set(graph.stages.indices)
  }

  /// What the stages are built on as far as it does not depend on variables.
  static func literalBases(_ graph: StageGraph) -> [StageSource?] {
    bases(graph) { $0.mayHoldVariable ? nil : try? graph.expander.expand($0, lookup: { _ in nil }) }
  }

  private static func bases(_ graph: StageGraph, _ expand: (Word) -> String?) -> [StageSource?] {
    var indexes: [String: Int] = [:]
    return graph.stages.map { stage in
      defer { if let name = stage.name { indexes[name] = stage.index } }
      guard let name = expand(stage.from.base), !name.isEmpty else { return nil }
      if let index = indexes[name.lowercased()] { return .stage(index) }
      return name == "scratch" ? .scratch : .image(name)
    }
  }

  /// The platform that a stage is for: what the nearest FROM says below it, else the wanted one.
  func platform(of stage: Int) -> Platform {
    var index = stage
    while true {
      if let platform = stagePlatforms[index] { return platform }
      guard case .stage(let parent)? = bases[index] else { return platform }
      index = parent
    }
  }
}
