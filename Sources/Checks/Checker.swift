import Diagnostics

/// Runs all rules on one recipe.
package enum Checker {
  /// Everything that is wrong or doubtful in a recipe, in the order of its lines; what the file switches off is left out.
  ///
  /// Mistakes that keep the file from being read are among it, and the rules look at the rest of the file all the same.
  package static func check(_ recipe: CheckedRecipe) -> [Diagnostic] {
    let switches = recipe.switches
    var result = recipe.diagnostics
    for rule in Rule.all {
      if rule.isExperimental, !switches.isOn(experimental: rule.name) { continue }
      if switches.file?.directive.skipped.contains(rule.name) == true { continue }
      var findings = Findings(rule: rule.name)
      rule.check(recipe, &findings)
      var kept = findings.diagnostics.filter { diagnostic in
        diagnostic.range.map { !switches.skips(rule.name, at: $0) } ?? true
      }
      if findings.omitted > 0, !kept.isEmpty {
        kept[kept.count - 1].why.append("\(findings.omitted) more of this rule are not shown")
      }
      result += kept
    }
    if switches.isError {
      for index in result.indices { result[index].severity = .error }
    }
    return result.enumerated().sorted {
      ($0.element.range?.offsets.lowerBound ?? 0, $0.offset) < ($1.element.range?.offsets.lowerBound ?? 0, $1.offset)
    }.map(\.element)
  }
}
