import Diagnostics

/// Where a component's source code is: the files `repo` and `commit` of its directory.
package struct GitSource: Hashable, Sendable {
  /// URL or `user@host:path` of the repository, never starting with a dash.
  package let repository: String
  /// Commit, tag or branch, never starting with a dash.
  package let revision: String
  /// What names the repository, for messages: a file, or the release payload.
  package let place: String

  /// A source that something else than the two files names; nil when a part could be taken as an option or a command.
  package init?(repository: String, revision: String, place: String) {
    guard Self.isRepository(repository), Self.isRevision(revision) else { return nil }
    self.repository = repository
    self.revision = revision
    self.place = place
  }

  /// Checks what the two files say; nil with a diagnostic when one is missing or malformed.
  static func parse(
    repo: SourceFile?, commit: SourceFile?, component: ComponentName, into diagnostics: inout [Diagnostic]
  ) -> GitSource? {
    guard let repo, let commit else {
      if let present = repo ?? commit {
        let missing = repo == nil ? "repo" : "commit"
        diagnostics.append(
          .error(
            "component `\(component)` has no file `\(missing)`", at: present.name,
            why: ["a source needs both `repo` (the git repository) and `commit`"],
            help: ["write the file `\(missing)`, one line"]))
      }
      return nil
    }
    let url = singleWord(of: repo, meaning: "a git repository", isValid: isRepository, into: &diagnostics)
    let revision = singleWord(of: commit, meaning: "a git commit", isValid: isRevision, into: &diagnostics)
    guard let url, let revision else { return nil }
    return GitSource(repository: url, revision: revision, place: repo.name)
  }

  private static func singleWord(
    of file: SourceFile, meaning: String, isValid: (String) -> Bool, into diagnostics: inout [Diagnostic]
  ) -> String? {
    let words = WordLine.words(of: file)
    guard let first = words.first else {
      diagnostics.append(.error("the file is empty", at: file.name, why: ["it must hold \(meaning), one line"]))
      return nil
    }
    if words.count > 1 {
      diagnostics.append(.error("more than one word", at: words[1], why: ["the file holds \(meaning), one line"]))
      return nil
    }
    guard isValid(first.text) else {
      diagnostics.append(.error("`\(first.text)` is not \(meaning)", at: first))
      return nil
    }
    return first.text
  }

  /// An allow-list of transports: what git or ssh would take as a command (`ext::…`) or an option is refused.
  private static func isRepository(_ text: String) -> Bool {
    if text.hasPrefix("/") || text.hasPrefix("file:///") { return text.utf8.last != UInt8(ascii: "/") }
    for scheme in ["https://", "http://", "ssh://", "git://"] where text.hasPrefix(scheme) {
      let authority = text.dropFirst(scheme.utf8.count).prefix { $0 != "/" }
      return isHost(authority)
    }
    guard let colon = text.firstIndex(of: ":"), let at = text.firstIndex(of: "@"), at < colon else { return false }
    let authority = text[..<colon]
    return !authority.contains("/") && isHost(authority) && !text.contains("::")
  }

  /// Whether an authority, `user@` in front allowed, has a host, and neither part looks like an option.
  private static func isHost(_ authority: Substring) -> Bool {
    let parts = authority.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    return parts.allSatisfy { !$0.isEmpty && !$0.hasPrefix("-") }
  }

  private static func isRevision(_ text: String) -> Bool {
    !text.isEmpty && !text.hasPrefix("-") && !text.contains("..") && text.utf8.count <= 250
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"),
          UInt8(ascii: "/"), UInt8(ascii: "+"):
          true
        default: false
        }
      }
  }
}
