import OCI

/// The name of a component: its directory's name, and the last part of its image's repository.
///
/// One path component of a repository name: lower-case letters and digits, separated by `.`, `_`, `__` or dashes.
package struct ComponentName: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let description: String

  /// nil when `text` cannot be the last part of a repository name.
  package init?(_ text: some StringProtocol) {
    guard text.utf8.count <= 128, !text.utf8.contains(UInt8(ascii: "/")), let repository = Repository(text) else {
      return nil
    }
    description = repository.description
  }

  package static func < (left: ComponentName, right: ComponentName) -> Bool {
    left.description.utf8.lexicographicallyPrecedes(right.description.utf8)
  }
}
