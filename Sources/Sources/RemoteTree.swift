/// A tree of a repository that a recipe names by its address.
package struct RemoteTree: Hashable, Sendable {
  /// What git fetches from, with credentials where the recipe has them.
  package var url: String
  /// Branch, tag, full reference or commit; nil for the repository's default branch.
  package var reference: String?
  /// The first digits, at least, of the commit that it must lead to; nil accepts any.
  package var commit: String?
  /// Whether submodules are part of the tree.
  package var hasSubmodules: Bool
  /// Whether a checkout keeps `.git`.
  package var keepsGitDirectory: Bool
  /// The URL without credentials, for people.
  package var shown: String

  package init(
    url: String, reference: String?, commit: String?, hasSubmodules: Bool, keepsGitDirectory: Bool, shown: String
  ) {
    self.url = url
    self.reference = reference
    self.commit = commit
    self.hasSubmodules = hasSubmodules
    self.keepsGitDirectory = keepsGitDirectory
    self.shown = shown
  }

  /// The commit's full name where it is given, so that nobody needs to be asked.
  var fixedCommit: String? {
    [commit, reference].compactMap(\.self).first { [40, 64].contains($0.utf8.count) && Self.isHex($0) }
  }

  static func isHex(_ text: String) -> Bool {
    text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }

  /// What to fetch for a reference, most likely first.
  var candidates: [String] {
    guard let reference else { return ["HEAD"] }
    if reference == "HEAD" || reference.hasPrefix("refs/") { return [reference] }
    return ["refs/tags/" + reference, "refs/heads/" + reference]
  }

  /// Lines without the user and password of the URL, which git may repeat in its messages.
  func redacted(_ lines: [String]) -> [String] {
    guard let separator = url.firstIndex(of: ":"), url[separator...].hasPrefix("://") else { return lines }
    let start = url.index(separator, offsetBy: 3)
    let authority = url[start...].prefix { $0 != "/" }
    guard let at = authority.lastIndex(of: "@") else { return lines }
    let secret = Array(authority[...at].utf8)
    return lines.map { line in
      var bytes: [UInt8] = []
      var rest = Array(line.utf8)[...]
      while !rest.isEmpty {
        if rest.starts(with: secret) {
          rest = rest.dropFirst(secret.count)
        } else if let byte = rest.popFirst() {
          bytes.append(byte)
        }
      }
      return String(decoding: bytes, as: UTF8.self)
    }
  }
}
