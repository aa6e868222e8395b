/// Files of a component's images that may be for another architecture: firmware, programs of a cross toolchain.
package struct ForeignFiles: Hashable, Sendable {
  package let component: ComponentName
  /// A pattern as in an ignore file, for paths inside the image.
  package let pattern: String

  /// Reads `COMPONENT=PATTERN`.
  init(parsing word: String) throws(SettingFault) {
    let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, let name = ComponentName(parts[0]), !parts[1].isEmpty else {
      throw SettingFault(
        "`\(word)` does not say which files of which component",
        why: "write COMPONENT=PATTERN, such as `cli=usr/lib/**`")
    }
    component = name
    pattern = parts[1]
  }
}
