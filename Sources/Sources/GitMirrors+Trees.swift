import Linux
import SystemPackage

extension GitMirrors {
  /// The full name of the commit that a tree's reference leads to; it is in a mirror of its own afterwards.
  ///
  /// A commit that is named in full and was fetched before is not asked for again. Only the commit itself is fetched, without
  /// its history, from servers that can do that.
  /// - Throws: `SourceError` that names the address, without its credentials.
  package func commit(of tree: RemoteTree) async throws -> String {
    try await withMirror(of: tree) { mirror in
      if let commit = tree.fixedCommit, try await has(commit, in: mirror) { return commit }
      var found: String?
      if let commit = tree.fixedCommit, tree.reference == nil || tree.reference == commit {
        found = try await fetch(commit, of: tree, into: mirror)
      } else {
        for name in try await offered(tree) where found == nil {
          found = try await fetch(name, of: tree, into: mirror)
        }
      }
      if found == nil { found = try await fetchAll(tree, into: mirror) }
      guard let found else {
        throw SourceError(
          "no commit `\(tree.reference ?? tree.commit ?? "HEAD")` in \(tree.shown)", at: tree.shown,
          why: ["the repository does not have it"])
      }
      if let wanted = tree.commit, !found.hasPrefix(wanted) {
        throw SourceError(
          "`\(tree.reference ?? "HEAD")` of \(tree.shown) is another commit than expected", at: tree.shown,
          why: ["expected \(wanted)", "found \(found)"])
      }
      // A name keeps the commit when git cleans up.
      _ = try await succeed(
        ["update-ref", Self.name(of: found), found], in: mirror, "git cannot name the commit", tree)
      return found
    }
  }

  /// Hands a fresh checkout of a commit to `body`, and removes it afterwards.
  ///
  /// With `.git` it is a repository that has this commit alone, the same bytes each time.
  package func withCheckout<R: Sendable>(
    of tree: RemoteTree, at commit: String, _ body: @Sendable (Directory) async throws -> R
  ) async throws -> R {
    var tree = tree
    tree.commit = commit
    tree.reference = nil
    _ = try await self.commit(of: tree)
    let folder = try await BlockingPool.shared.run { [root] in try Self.ensure(root) }
    let (name, directory) = try await BlockingPool.shared.run { try folder.makeTemporaryDirectory() }
    do {
      try await checkOut(commit, of: tree, into: root.appending(name))
      let result = try await body(directory)
      try await BlockingPool.shared.run { try folder.removeTree(name) }
      return result
    } catch {
      try? await BlockingPool.shared.run { try folder.removeTree(name) }
      throw error
    }
  }

  private func checkOut(_ commit: String, of tree: RemoteTree, into directory: FilePath) async throws {
    let what = "git cannot check out \(tree.shown)"
    let mirror = root.appending(mirrorName(tree))
    _ = try await succeed(["init", "--quiet", "--template="], in: directory, what, tree)
    // Loose objects are the same wherever they come from; packs depend on how they were made.
    let options = ["-c", "fetch.unpackLimit=1000000000", "-c", "transfer.unpackLimit=1000000000"]
    _ = try await succeed(
      options + ["fetch", "--quiet", "--no-tags", "--depth=1", "--", "file://\(mirror.string)", Self.name(of: commit)],
      in: directory, what, tree, local: true)
    let quiet = ["-c", "core.logAllRefUpdates=false", "-c", "core.autocrlf=false", "-c", "advice.detachedHead=false"]
    _ = try await succeed(quiet + ["checkout", "--quiet", "--detach", commit], in: directory, what, tree)
    if tree.hasSubmodules { try await checkOutSubmodules(of: tree, in: directory) }
    if tree.keepsGitDirectory { try await settle(commit, of: tree, in: directory) }
  }

  private func checkOutSubmodules(of tree: RemoteTree, in directory: FilePath) async throws {
    let hasAny = try await BlockingPool.shared.run {
      try Directory(at: directory).status(of: ".gitmodules", .beneathWithoutLinks, followLast: false)?.kind == .file
    }
    guard hasAny else { return }
    let what = "git cannot check out the submodules of \(tree.shown)"
    // Relative addresses of submodules start at the repository's own.
    _ = try await succeed(["remote", "add", "origin", tree.url], in: directory, what, tree)
    _ = try await succeed(
      ["submodule", "update", "--quiet", "--init", "--recursive", "--depth=1"], in: directory, what, tree)
    _ = try await succeed(["remote", "remove", "origin"], in: directory, what, tree)
  }

  /// Takes out of `.git` what differs from checkout to checkout, and what tells of this machine.
  private func settle(_ commit: String, of tree: RemoteTree, in directory: FilePath) async throws {
    let what = "git cannot tidy the checkout of \(tree.shown)"
    _ = try await succeed(["remote", "add", "origin", tree.shown], in: directory, what, tree)
    try await BlockingPool.shared.run {
      let git = try Directory(at: directory).directory(".git")
      for name in ["index", "FETCH_HEAD", "ORIG_HEAD"]
      where try git.status(of: name, .beneathWithoutLinks, followLast: false) != nil {
        try git.removeFile(name)
      }
    }
    // An index without times and numbers of files: git fills them in when it first looks.
    _ = try await succeed(["read-tree", commit], in: directory, what, tree)
  }

  /// The candidates that the server has, in order; all of them when it does not say.
  private func offered(_ tree: RemoteTree) async throws -> [String] {
    let list = try await succeed(
      ["ls-remote", "--quiet", "--", tree.url] + tree.candidates, in: root, "git cannot reach \(tree.shown)", tree)
    let names = list.split(separator: "\n").compactMap { $0.split(separator: "\t").last.map(String.init) }
    return tree.candidates.filter(names.contains)
  }

  /// Fetches one reference or commit; nil when the server does not give it.
  private func fetch(_ name: String, of tree: RemoteTree, into mirror: FilePath) async throws -> String? {
    // Servers of plain files can give no part of a history.
    for depth in [["--depth=1"], []] {
      let fetch = ["fetch", "--quiet", "--force", "--no-tags"] + depth + ["--", tree.url, name]
      guard let answer = try await remoteGit.run(fetch, in: mirror) else { throw missingGit(tree) }
      if answer.isSuccess { return try await parse("FETCH_HEAD", in: mirror) }
    }
    return nil
  }

  /// Fetches every branch and tag, and looks for the commit among them.
  private func fetchAll(_ tree: RemoteTree, into mirror: FilePath) async throws -> String? {
    guard let name = tree.reference ?? tree.commit else { return nil }
    let everything = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]
    _ = try await succeed(
      ["fetch", "--quiet", "--force", "--prune", "--no-tags", "--", tree.url] + everything, in: mirror,
      "git cannot fetch \(tree.shown)", tree)
    return try await parse(name, in: mirror)
  }

  private func has(_ commit: String, in mirror: FilePath) async throws -> Bool {
    try await parse(Self.name(of: commit), in: mirror) == commit
  }

  private func parse(_ name: String, in mirror: FilePath) async throws -> String? {
    let answer = try await remoteGit.run(
      ["rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}"], in: mirror)
    return answer.flatMap { $0.isSuccess ? $0.text : nil }
  }

  private static func name(of commit: String) -> String { "refs/imgset/\(commit)" }

  private func mirrorName(_ tree: RemoteTree) -> String { PathKey.name(for: Array(tree.shown.utf8)) + ".tree.git" }

  private func withMirror<R>(of tree: RemoteTree, _ body: (FilePath) async throws -> R) async throws -> R {
    let name = mirrorName(tree)
    let folder = try await BlockingPool.shared.run { [root] in try Self.ensure(root) }
    let lock = try await folder.lockExclusively(name + ".lock")
    defer { lock.closeQuietly() }
    try await prepare(name, in: folder, place: tree.shown)
    return try await body(root.appending(name))
  }

  private func succeed(
    _ arguments: [String], in directory: FilePath, _ what: String, _ tree: RemoteTree, local: Bool = false
  ) async throws -> String {
    guard let answer = try await (local ? git : remoteGit).run(arguments, in: directory) else { throw missingGit(tree) }
    guard answer.isSuccess else { throw SourceError(what, at: tree.shown, lastOutput: tree.redacted(answer.tail)) }
    return answer.text
  }

  private func missingGit(_ tree: RemoteTree) -> SourceError {
    SourceError(
      "git is not installed", at: tree.shown, why: ["the source is a git repository"], help: ["apt-get install git"])
  }
}
