import Diagnostics
import Dockerfile

extension Rule {
  /// A `check` directive that does not do what it was written for.
  static let invalidCheckDirective = Rule(
    "InvalidCheckDirective", "check directives name rules and options that exist"
  ) { recipe, findings in
    let names = Rule.all.map(\.name)
    let switches = recipe.switches
    for placed in [switches.file].compactMap({ $0 }) + switches.local.map(\.placed) {
      for option in placed.directive.unknownOptions {
        findings.warn(
          "unknown option `\(option)`", at: placed.range, help: ["options are skip=…, experimental=… and error=true"])
      }
      for name in placed.directive.names where !names.contains(name) && !findings.isFull {
        let meant = didYouMean(name, among: names).map { " (did you mean \($0)?)" } ?? ""
        findings.warn("unknown rule `\(name)`\(meant)", at: placed.range, help: ["imgset check --rules"])
      }
    }
  }
}
