import Checks
import Diagnostics
import Dockerfile
import Planning

/// Finds the mistakes that only show when the variables of an instruction are replaced: owners, modes, ports, signals.
enum LoweringCheck {
  /// What a build of any of the recipe's platforms would refuse, each mistake once.
  ///
  /// An instruction with a variable that its base image may set is left out, since the image may not be here.
  static func diagnostics(_ recipe: CheckedRecipe) -> [Diagnostic] {
    var seen: Set<Diagnostic> = []
    var result: [Diagnostic] = []
    for build in recipe.builds {
      guard let global = build.global else { continue }
      var states: [StageState] = []
      for stage in recipe.graph.stages {
        var state = StageState(base: nil, global: global, expander: recipe.graph.expander)
        if case .stage(let parent)? = build.bases[stage.index] { state = StageState(onto: states[parent]) }
        for instruction in stage.instructions {
          do throws(DiagnosticsError) {
            _ = try state.lower(instruction)
          } catch {
            guard !recipe.dependsOnBaseImage(instruction), result.count < ParserLimits.diagnostics else { continue }
            result += error.diagnostics.filter { seen.insert($0).inserted }
          }
        }
        states.append(state)
      }
    }
    return result
  }
}
