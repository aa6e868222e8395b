import Diagnostics

extension StageGraph {
  /// What a name behind `--from` means in a stage.
  ///
  /// - Parameter contexts: as for `resolve`.
  /// - Throws: a name of the stage itself or of one behind it, a number that no stage has, nothing at all.
  package func source(
    named name: String, in stage: Int, at range: SourceRange, contexts: Set<String> = []
  ) throws(DiagnosticsError) -> StageSource {
    func failure(_ what: String, _ help: String...) -> DiagnosticsError {
      DiagnosticsError(.error(what, at: range, help: help))
    }
    guard !name.utf8.isEmpty else { throw failure("name of the stage or image is empty after expansion") }
    if name == "scratch" { return .scratch }
    let context = ContextName.key(name)
    if contexts.contains(context) { return .context(context) }
    let key = name.asciiLowercased
    var found = stages[..<stage].last { $0.name == key }?.index
    if found == nil { found = stages.first { $0.name == key }?.index }
    if found == nil, name.utf8.allSatisfy(\.isDigit) {
      guard let index = Int(name), stages.indices.contains(index) else {
        throw failure("invalid stage index \(name): the file has \(stages.count) stages, counted from 0")
      }
      found = index
    }
    guard let index = found else { return .image(name) }
    if index == stage { throw failure("circular dependency detected on stage: \(stages[stage].label)") }
    if index > stage {
      throw failure(
        "stage \(stages[index].label) is used before it is defined",
        "move the stage in line \(stages[index].head.range.start.line) before this one")
    }
    return .stage(index)
  }
}
