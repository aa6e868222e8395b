/// A stage that is to become the image: of one component, or of every one that is asked for.
package struct StageSelection: Hashable, Sendable {
  /// nil for every component that is asked for.
  package let component: ComponentName?
  /// A stage's name or number, as in `docker build --target`.
  package let stage: String

  /// Reads `STAGE` or `COMPONENT=STAGE`.
  init(parsing word: String) throws(SettingFault) {
    let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard let stage = parts.last, !stage.isEmpty else {
      throw SettingFault("`\(word)` names no stage", why: "write STAGE, or COMPONENT=STAGE")
    }
    self.stage = stage
    guard parts.count == 2 else {
      component = nil
      return
    }
    guard let name = ComponentName(parts[0]) else {
      throw SettingFault("`\(parts[0])` is not the name of a component", why: "write STAGE, or COMPONENT=STAGE")
    }
    component = name
  }
}
