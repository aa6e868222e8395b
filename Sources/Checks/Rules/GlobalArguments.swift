import Diagnostics
import Dockerfile
import OCI

extension Rule {
  /// <https://docs.docker.com/reference/build-checks/undefined-arg-in-from/>
  static let undefinedArgInFrom = Rule(
    "UndefinedArgInFrom", "FROM uses only variables that an ARG before it declares"
  ) { recipe, findings in
    let declared = recipe.globalNames
    let candidates = declared.sorted().prefix(200) + PlatformArgument.names.sorted()
    for stage in recipe.graph.stages {
      for word in [stage.from.base, stage.from.platform].compactMap({ $0 }) {
        for use in recipe.graph.expander.uses(in: word)
        where !use.isGuarded && !declared.contains(use.name) && !PlatformArgument.names.contains(use.name) {
          let meant = findings.isFull ? nil : didYouMean(use.name, among: candidates)
          findings.warn(
            "FROM uses `\(use.name)`, which is not declared" + (meant.map { " (did you mean \($0)?)" } ?? ""),
            at: use.range, why: ["FROM sees only the ARGs before the first FROM; others are empty"],
            help: [meant == nil ? "ARG \(use.name) before the first FROM" : "write \(meant ?? "")"])
        }
      }
    }
  }

  /// <https://docs.docker.com/reference/build-checks/invalid-default-arg-in-from/>
  ///
  /// The arguments that imgset gives to every build need no default.
  static let invalidDefaultArgInFrom = Rule(
    "InvalidDefaultArgInFrom", "FROM names an image also when no argument is given"
  ) { recipe, findings in
    guard let build = recipe.builds.first else { return }
    let given = build.arguments.given.filter { PlatformArgument.alwaysGiven.contains($0.key) }
    let defaults = BuildArguments(given: given, platform: build.arguments.platform)
    guard let global = try? recipe.graph.globalScope(defaults) else { return }
    let expander = recipe.graph.expander
    let declared = recipe.globalNames
    func isUsable(_ name: String?) -> Bool {
      guard let name, !name.isEmpty else { return false }
      return (try? Reference(parsing: name)) != nil || name == "scratch"
    }
    for stage in recipe.graph.stages {
      let word = stage.from.base
      let names = expander.uses(in: word).map(\.name)
      guard !names.isEmpty, names.allSatisfy({ declared.contains($0) || PlatformArgument.names.contains($0) }) else {
        continue
      }
      if case .stage? = recipe.bases[stage.index] { continue }
      let name = try? expander.expand(word, lookup: global.lookup)
      // What is wrong with all arguments given is an error of its own.
      let isBuildable = isUsable(try? expander.expand(word, lookup: { build.global?.lookup($0) }))
      guard !isUsable(name), isBuildable else { continue }
      findings.warn(
        "`\(word.text)` is no image when \(names.joined(separator: ", ")) keeps its default", at: word.range,
        why: [name.map { $0.isEmpty ? "the name is empty" : "it becomes `\($0)`" } ?? "it cannot be expanded"],
        help: ["give a default: ARG \(names.first ?? "")=…"])
    }
  }
}

extension CheckedRecipe {
  /// The names of the ARGs before the first FROM.
  var globalNames: Set<String> { Set(graph.globalArguments.flatMap(\.arguments).map(\.name.text)) }
}

/// The variables that a build knows without ARG in a FROM.
enum PlatformArgument {
  /// <https://docs.docker.com/reference/dockerfile/#automatic-platform-args-in-the-global-scope>
  static let names: Set<String> = Set(
    ["TARGET", "BUILD"].flatMap { prefix in ["PLATFORM", "OS", "ARCH", "VARIANT"].map { prefix + $0 } } + [
      "TARGETSTAGE"
    ])

  /// The arguments that imgset gives to every build of a set and that are never empty.
  static let alwaysGiven: Set<String> = ["REGISTRY", "OCP_TAG", "RELEASE_TAG", "OKD_TAG"]
}
