import Diagnostics
import Dockerfile

extension Rule {
  /// `$TARGETARCH` in a stage that does not declare it, which is empty there.
  static let undeclaredPlatformArg = Rule(
    "UndeclaredPlatformArg", "a stage declares the platform arguments that it uses"
  ) { recipe, findings in
    var seen: Set<Int> = []
    var uses = recipe.variables.undefined.filter { PlatformArgument.names.contains($0.use.name) }
      .map { (name: $0.use.name, range: $0.use.range) }
    for stage in recipe.graph.stages {
      var declared = recipe.parentNames(of: stage.index)
      for instruction in stage.instructions {
        switch instruction.kind {
        case .arg(let arg): declared.formUnion(arg.arguments.map(\.name.text))
        case .env(let env): declared.formUnion(env.pairs.map(\.name.text))
        case .run(let run):
          let missing = PlatformArgument.names.subtracting(declared)
          guard !missing.isEmpty else { continue }
          uses += ScriptText(run).uses(of: missing)
        default: break
        }
      }
    }
    for use in uses.sorted(by: { $0.range.offsets.lowerBound < $1.range.offsets.lowerBound })
    where seen.insert(use.range.offsets.lowerBound).inserted {
      findings.warn(
        "`$\(use.name)` is empty here", at: use.range,
        why: ["a stage sees the platform arguments only after an ARG of its own; FROM alone sees them without"],
        help: ["ARG \(use.name) above this line, in the same stage"])
    }
  }
}

extension CheckedRecipe {
  /// The platform arguments declared in the stages that a stage is built on.
  fileprivate func parentNames(of stage: Int) -> Set<String> {
    guard case .stage(let parent)? = bases[stage] else { return [] }
    return PlatformArgument.names.intersection(variables.declared[parent])
  }
}

extension ScriptText {
  /// The uses of variables by name, without those that the script sets itself.
  func uses(of names: Set<String>) -> [(name: String, range: SourceRange)] {
    var assigned: Set<String> = []
    var result: [(name: String, range: SourceRange)] = []
    var previous = ""
    for token in tokens {
      let bytes = Array(token.bytes)
      let name = String(decoding: bytes.prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self)
      if bytes.contains(UInt8(ascii: "=")) || ["for", "read"].contains(previous) { assigned.insert(name) }
      previous = token.text
      var index = 0
      while let dollar = bytes[index...].firstIndex(of: UInt8(ascii: "$")) {
        var start = dollar + 1
        if start < bytes.count, bytes[start] == UInt8(ascii: "{") { start += 1 }
        let end =
          bytes[start...].firstIndex { !ArchitectureMention.isAlphanumeric($0) && $0 != UInt8(ascii: "_") }
          ?? bytes.count
        let used = String(decoding: bytes[start..<end], as: UTF8.self)
        if names.contains(used), !assigned.contains(used) {
          result.append((used, token.range.slice(dollar, length: end - dollar)))
        }
        index = max(end, dollar + 1)
      }
    }
    return result
  }
}
