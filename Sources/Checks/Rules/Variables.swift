import Diagnostics
import Dockerfile

extension Rule {
  /// <https://docs.docker.com/reference/build-checks/undefined-var/>
  ///
  /// What an image that is not here sets is not known, so on such a base a variable is reported only when there is a sign
  /// of a mistake: a name like it, or an ARG of its name elsewhere in the file.
  static let undefinedVar = Rule("UndefinedVar", "variables are declared before they are used") { recipe, findings in
    let analysis = recipe.variables
    let globals = recipe.globalNames
    var elsewhere: [String: Int] = [:]
    for (stage, names) in analysis.own.enumerated() {
      for name in names where elsewhere[name] == nil { elsewhere[name] = stage }
    }
    var meant: [String: String?] = [:]
    for undefined in analysis.undefined where !undefined.use.isGuarded && !findings.isFull {
      let name = undefined.use.name
      guard !PlatformArgument.names.contains(name), !BuildArguments.proxyNames.contains(name),
        name.first?.isLetter == true
      else { continue }
      let key = "\(undefined.stage) \(name)"
      if meant[key] == nil, meant.count < 200 {
        // Bounded: the first names of a stage are candidates, however many it has.
        let near = analysis.own[undefined.stage].prefix(200) + ["PATH"]
        meant[key] = .some(didYouMean(name, among: near))
      }
      let guess = globals.contains(name) ? nil : meant[key] ?? nil
      let other = elsewhere[name]
      guard undefined.isBaseKnown || guess != nil || other != nil || globals.contains(name) else { continue }
      var why = ["it is empty here"]
      if globals.contains(name) {
        why = ["an ARG before the first FROM is not seen in a stage until it is repeated there"]
      }
      if other == undefined.stage { why = ["it is declared further down in the stage"] }
      findings.warn(
        "`$\(name)` is not defined" + (guess.map { " (did you mean $\($0)?)" } ?? ""), at: undefined.use.range,
        why: why,
        help: [guess.map { "write $\($0)" } ?? "ARG \(name) above this line, in the same stage"])
    }
  }
}
