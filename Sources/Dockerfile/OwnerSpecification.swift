/// `user[:group]` of `--chown` and USER, after expansion; names are looked up in the image by whoever needs numbers.
package struct OwnerSpecification: Hashable, Sendable {
  /// A user or group.
  package enum Name: Hashable, Sendable {
    /// A number, never 2^32 − 1.
    case identifier(UInt32)
    /// A name of the image's `/etc/passwd` or `/etc/group`.
    case name(String)
  }

  /// The user; nil when only a group is given (`:group`).
  package let user: Name?
  /// The group; nil when none is given, which means the user's own group for USER and the user's number for `--chown`.
  package let group: Name?

  /// Reads a text; nil when both parts are empty, when there are more than two, or when a number is out of range.
  package init?(_ text: String) {
    let parts = Array(text.utf8).parts(separatedBy: .colon)
    guard parts.count <= 2 else { return nil }
    var names: [Name?] = []
    for part in parts {
      guard !part.isEmpty else {
        names.append(nil)
        continue
      }
      if part.allSatisfy(\.isDigit) {
        guard let number = UserIdentifier.parse(String(bytes: part)) else { return nil }
        names.append(.identifier(number))
      } else {
        guard !part.contains(where: { $0.isSpace || $0 < 0x20 || $0 == .slash }) else { return nil }
        names.append(.name(String(bytes: part)))
      }
    }
    user = names[0]
    group = names.count == 2 ? names[1] : nil
    guard user != nil || group != nil else { return nil }
  }
}
