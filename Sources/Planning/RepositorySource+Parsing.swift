extension RepositorySource {
  /// Takes `URL`, `URL#REF:DIRECTORY` or `URL?ref=…&subdir=…` apart.
  ///
  /// - Parameters:
  ///   - checksum: the value of `--checksum`: a commit, or its first digits.
  ///   - keepsGitDirectory: the value of `--keep-git-dir`, which a query can set as well.
  init(parsing text: String, checksum: String?, keepsGitDirectory: Bool) throws(RemoteSource.Fault) {
    let address = text.prefix { $0 != "#" && $0 != "?" }
    self.init(
      url: String(address), reference: nil, commit: nil, directory: "", keepsGitDirectory: keepsGitDirectory)
    let rest = text[address.endIndex...]
    if rest.first == "?" {
      guard !rest.contains("#") else {
        throw .init(what: "the address has both `?` and `#`", help: ["write `?ref=REF&subdir=DIRECTORY`"])
      }
      try read(query: rest.dropFirst())
    } else if rest.first == "#" {
      let parts = rest.dropFirst().split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      reference = parts[0].isEmpty ? nil : String(parts[0])
      if parts.count == 2 { try setDirectory(String(parts[1])) }
    }
    if let checksum { try setCommit(checksum) }
    try checkReference()
  }

  private mutating func read(query: Substring) throws(RemoteSource.Fault) {
    for pair in query.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let value = RemoteSource.percentDecoded(parts.count == 2 ? String(parts[1]) : "") else {
        throw .init(what: "`\(pair)` is not a parameter of a git address")
      }
      switch parts[0] {
      case "ref": try setReference(value)
      case "branch": try setReference("refs/heads/" + value)
      case "tag": try setReference("refs/tags/" + value)
      case "commit", "checksum": try setCommit(value)
      case "subdir": try setDirectory(value)
      case "keep-git-dir": keepsGitDirectory = try Self.flag(value, of: parts[0])
      case "submodules": hasSubmodules = try Self.flag(value, of: parts[0])
      default:
        throw .init(
          what: "`\(parts[0])` is not a parameter of a git address",
          why: ["known are ref, branch, tag, commit, checksum, subdir, submodules and keep-git-dir"])
      }
    }
  }

  private mutating func setReference(_ value: String) throws(RemoteSource.Fault) {
    guard reference == nil else { throw .init(what: "the address names more than one of ref, branch and tag") }
    reference = value
  }

  private mutating func setCommit(_ value: String) throws(RemoteSource.Fault) {
    let text = value.lowercased()
    guard (1...64).contains(text.utf8.count), Self.isHex(text) else {
      throw .init(what: "`\(value)` is not a commit", why: ["expected its name, or the first digits of it"])
    }
    if let commit, !commit.hasPrefix(text), !text.hasPrefix(commit) {
      throw .init(what: "the address and --checksum name different commits")
    }
    if text.utf8.count > (commit?.utf8.count ?? 0) { commit = text }
  }

  private mutating func setDirectory(_ value: String) throws(RemoteSource.Fault) {
    let parts = value.split(separator: "/").filter { $0 != "." }
    guard !parts.contains("..") else { throw .init(what: "the directory `\(value)` leads out of the repository") }
    directory = parts.joined(separator: "/")
  }

  /// A name that git could take for an option or for more than one thing goes no further.
  private func checkReference() throws(RemoteSource.Fault) {
    guard let reference else { return }
    let isUsable =
      !reference.isEmpty && reference.first != "-" && reference.utf8.count <= 1024
      && !reference.utf8.contains { $0 <= 0x20 || $0 == 0x7F || "~^:?*[\\".utf8.contains($0) }
      && !reference.contains("..") && !reference.contains("@{")
    guard isUsable else { throw .init(what: "`\(reference)` is not a branch, tag or commit") }
  }

  private static func flag(_ value: String, of name: Substring) throws(RemoteSource.Fault) -> Bool {
    switch value {
    case "", "1", "true": return true
    case "0", "false": return false
    default: throw .init(what: "`\(value)` is not a value of \(name)", why: ["expected true or false"])
    }
  }
}
