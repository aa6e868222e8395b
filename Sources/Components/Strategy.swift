import Diagnostics
import OCI

/// How the image of one component and platform comes about.
package enum Strategy: Hashable, Sendable {
  /// Take the image named, unmodified.
  case imageSource(Recipe, ImageSource)
  /// Build the file.
  case dockerfile(Recipe)

  /// The file that decided.
  package var recipe: Recipe {
    switch self {
    case .imageSource(let recipe, _), .dockerfile(let recipe): recipe
    }
  }
}

/// A strategy with the reason for it.
package struct StrategyResolution: Hashable, Sendable {
  package let strategy: Strategy
  /// Why this file, in one phrase: `Dockerfile.riscv64 is for riscv64`.
  package let reason: String
  /// Files that would have been taken if those before them were not there, in their order.
  package let hidden: [Recipe]
}

extension Component {
  /// Chooses the recipe for `platform`: `ImageSource.ARCH`, `Dockerfile.ARCH`, `ImageSource`, `Dockerfile`, in this order.
  ///
  /// - Throws: diagnostics when there is none, or when the chosen `ImageSource` is malformed or names another platform.
  package func strategy(for platform: Platform) throws(DiagnosticsError) -> StrategyResolution {
    let platform = platform.normalised
    let candidates = recipes(for: platform)
    guard let chosen = candidates.first else { throw DiagnosticsError(missingRecipe(for: platform)) }
    let hidden = Array(candidates.dropFirst())
    let arch = platform.shortName
    let reason =
      chosen.platform == nil
      ? "\(chosen.fileName) is for every architecture without a file of its own" : "\(chosen.fileName) is for \(arch)"
    if chosen.kind == .dockerfile {
      return StrategyResolution(strategy: .dockerfile(chosen), reason: reason, hidden: hidden)
    }
    let source = try ImageSource(parsing: chosen.source)
    if case .release(let placeholder) = source, let named = placeholder.platform, !named.covers(platform) {
      throw DiagnosticsError(
        .error(
          "`\(placeholder)` is the image for \(named.shortName), not for \(arch)", at: chosen.source.name,
          why: ["component `\(name)` would get an image of another architecture for \(arch)"],
          help: ["mv \(displayPath)/\(chosen.fileName) \(displayPath)/ImageSource.\(named.architecture)"]))
    }
    return StrategyResolution(strategy: .imageSource(chosen, source), reason: reason, hidden: hidden)
  }

  /// The recipes that apply to `platform`, best first.
  private func recipes(for platform: Platform) -> [Recipe] {
    let kinds: [Recipe.Kind] = [.imageSource, .dockerfile]
    // Within a kind, the file for the exact variant comes before the one for all variants of the architecture.
    let specific = kinds.flatMap { kind in
      let matching = recipes.filter { $0.kind == kind && $0.isSpecific(to: platform) }
      return matching.filter { $0.platform == platform } + matching.filter { $0.platform != platform }
    }
    let general = kinds.flatMap { kind in recipes.filter { $0.kind == kind && $0.platform == nil } }
    return specific + general
  }

  private func missingRecipe(for platform: Platform) -> Diagnostic {
    let arch = platform.variant == "v7" ? "arm" : platform.architecture
    let names = ["ImageSource.\(arch)", "Dockerfile.\(arch)", "ImageSource", "Dockerfile"]
    let there = recipes.map { "`\($0.fileName)`" }.joined(separator: ", ")
    return .error(
      "component `\(name)` has no recipe for \(platform.shortName)", at: displayPath,
      why: [
        "none of " + names.map { "`\($0)`" }.joined(separator: ", ") + " exists",
        "there is " + (there.isEmpty ? "no recipe at all" : there),
      ],
      help: ["write one of them, or leave the architecture out with `--arch`"])
  }
}

extension Platform {
  /// Whether this names `other`: the same, or the same architecture without a variant.
  func covers(_ other: Platform) -> Bool {
    self == other || (variant == nil && architecture == other.architecture && os == other.os)
  }
}
