import Components
import Linux
import SystemPackage

/// A commit that is in a mirror on this machine, ready to be checked out.
package struct CheckedSource: Hashable, Sendable {
  /// The repository as the user named it.
  package let repository: String
  /// Full name of the commit.
  package let commit: String
  /// When it was committed, in seconds since 1970.
  package let time: Int64
  /// `git describe --tags`; empty when no tag leads to the commit.
  package let version: String
  /// The bare repository that has it.
  let mirror: FilePath
}

/// Bare copies of the repositories that components come from, one for each URL, shared by all runs.
package struct GitMirrors: Sendable {
  let root: FilePath
  let git: Git
  /// Git for addresses that a stranger may have written: it takes nothing from this machine.
  let remoteGit: Git

  /// - Parameter store: the store's directory; mirrors are in `git/` below it.
  package init(store: FilePath, environment: [String: String]) {
    root = store.appending("git")
    git = Git(environment: environment)
    remoteGit = Git(environment: environment, protocols: ["git", "http", "https", "ssh"])
  }

  /// Finds the commit that a source names, and fetches only when it is not there.
  ///
  /// A full commit name or a tag that is there is trusted; a branch is asked for again, unless `offline`.
  /// - Throws: `SourceError` that names the file at fault.
  package func resolve(_ source: GitSource, offline: Bool = false) async throws -> CheckedSource {
    let name = PathKey.name(for: Array(source.repository.utf8)) + ".git"
    let mirror = root.appending(name)
    let folder = try await BlockingPool.shared.run { [root] in try Self.ensure(root) }
    let lock = try await folder.lockExclusively(name + ".lock")
    defer { lock.closeQuietly() }
    try await prepare(name, in: folder, place: source.place)
    var commit = try await find(source.revision, in: mirror, onlyFixed: !offline)
    if commit == nil {
      if offline { throw missing(source, why: "the mirror does not have it, and fetching is switched off") }
      try await fetch(source, into: mirror)
      commit = try await find(source.revision, in: mirror, onlyFixed: false)
    }
    guard let commit else { throw missing(source, why: "the repository does not have it") }
    return try await describe(commit, source, in: mirror)
  }

  /// Makes `directory`, which must not exist, a checkout of the commit; it is a repository of its own, so that scripts may
  /// change, patch and describe it.
  func checkOut(_ source: CheckedSource, into directory: FilePath, place: String) async throws {
    let steps = [
      ["clone", "--quiet", "--shared", "--no-checkout", "--", source.mirror.string, directory.string],
      ["-C", directory.string, "checkout", "--quiet", "--detach", source.commit],
    ]
    for step in steps { _ = try await succeed(step, "git cannot check out the source", place) }
  }

  static func ensure(_ root: FilePath) throws -> Directory {
    try explaining("create", root.bytes) { () throws(Errno) in
      let parent = try Directory(at: root.removingLastComponent())
      return try parent.ensureDirectory(root.lastComponent?.string ?? "git")
    }
  }

  /// Makes the bare repository unless it is there: under another name first, so that it is whole or not there at all.
  func prepare(_ name: String, in folder: Directory, place: String) async throws {
    let isThere = try await BlockingPool.shared.run { try folder.status(of: name)?.kind == .directory }
    if isThere { return }
    let (new, _) = try await BlockingPool.shared.run { try folder.makeTemporaryDirectory() }
    do {
      let path = root.appending(new).string
      _ = try await succeed(["init", "--quiet", "--bare", "--", path], "git cannot make a mirror", place)
      try await BlockingPool.shared.run { try folder.rename(new, to: name, .noReplace) }
    } catch {
      try? folder.removeTree(new)
      throw error
    }
  }

  private func fetch(_ source: GitSource, into mirror: FilePath) async throws {
    let everything = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]
    let fetch = ["-C", mirror.string, "fetch", "--quiet", "--force", "--prune", "--no-tags", "--"]
    _ = try await succeed(fetch + [source.repository] + everything, "git cannot fetch the source", source.place)
  }

  /// The commit that `revision` names in the mirror; with `onlyFixed` no branch, since branches move.
  private func find(_ revision: String, in mirror: FilePath, onlyFixed: Bool) async throws -> String? {
    let isCommit = revision.utf8.count >= 40 && revision.utf8.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
    let names =
      isCommit ? [revision] : ["refs/tags/" + revision] + (onlyFixed ? [] : ["refs/heads/" + revision, revision])
    for name in names {
      let answer = try await git.run(
        ["-C", mirror.string, "rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}"], in: root)
      if let answer, answer.isSuccess { return answer.text }
    }
    return nil
  }

  private func describe(_ commit: String, _ source: GitSource, in mirror: FilePath) async throws -> CheckedSource {
    let time = try await succeed(
      ["-C", mirror.string, "log", "-1", "--format=%ct", commit, "--"], "git cannot read the commit", source.place)
    let version = try await git.run(["-C", mirror.string, "describe", "--tags", commit], in: root)
    return CheckedSource(
      repository: source.repository, commit: commit, time: max(0, Int64(time) ?? 0),
      version: version.map { $0.isSuccess ? $0.text : "" } ?? "", mirror: mirror)
  }

  private func succeed(_ arguments: [String], _ what: String, _ place: String) async throws -> String {
    guard let answer = try await git.run(arguments, in: root) else {
      throw SourceError(
        "git is not installed", at: place, why: ["the component's source is a git repository"],
        help: ["apt-get install git"])
    }
    guard answer.isSuccess else { throw SourceError(what, at: place, lastOutput: answer.tail) }
    return answer.text
  }

  private func missing(_ source: GitSource, why: String) -> SourceError {
    SourceError(
      "no commit `\(source.revision)` in \(source.repository)", at: source.place, why: [why],
      help: ["correct the file `commit` beside it"])
  }
}
