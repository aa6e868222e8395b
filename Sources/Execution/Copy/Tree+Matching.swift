import Dockerfile
import Layers

/// How the sources of an instruction are read, apart from their own text.
struct CopyRules {
  /// Whether an ignore file may be why something is not there.
  var hasIgnoreFile = false
  /// Whether the directories in front of a source are kept (`--parents`).
  var keepsParents = false
  /// What is left out (`--exclude`).
  var excludes = IgnorePatterns()
}

extension Tree {
  /// What a source of COPY names, each with the name that it gets in a destination directory.
  ///
  /// A link in the last place is followed, as `docker build` does. Wildcards never match a slash. What the rules leave out
  /// is judged relative to a directory that is named, and by its name where a file is named or something is matched.
  ///
  /// - Throws: `CopyError` when nothing is there or the pattern is malformed.
  func matches(of pattern: String, _ rules: CopyRules) throws -> [CopySelection] {
    if rules.keepsParents { return try matchesWithParents(of: pattern, rules) }
    let (found, isWildcard) = try matches(of: pattern, hasIgnoreFile: rules.hasIgnoreFile)
    if rules.excludes.isEmpty { return found }
    return found.compactMap { selection in
      if isWildcard || !selection.entry.entry.isDirectory, rules.excludes.ignores(Array(selection.name)) { return nil }
      return self.selection(of: selection.entry, named: selection.name, rules)
    }
  }

  /// A selection with what the rules leave of it.
  func selection(of entry: TreeEntry, named name: ArraySlice<UInt8> = [], _ rules: CopyRules) -> CopySelection {
    var selection = CopySelection(name: name, entry: entry)
    if entry.entry.isDirectory, !rules.excludes.isEmpty {
      selection.chosen = chosen(below: entry.path, of: nil, without: rules.excludes)
    }
    return selection
  }

  private func matches(of pattern: String, hasIgnoreFile: Bool) throws -> ([CopySelection], isWildcard: Bool) {
    guard let path = EntryPath(pattern) else { throw CopyError.unusablePath(pattern) }
    guard path != path.literalPrefix else {
      guard let entry = try? resolve(path).entry else {
        throw CopyError.sourceNotFound(pattern, ignored: hasIgnoreFile)
      }
      return ([CopySelection(name: path.name, entry: entry)], false)
    }
    var found = [EntryPath.root]
    for component in path.components {
      guard let name = NamePattern(component) else { throw CopyError.malformedPattern(pattern) }
      found = found.flatMap { directory -> [EntryPath] in
        guard let real = try? resolve(directory).path else { return [] }
        return children(of: real).filter { name.matches($0.path.name) }.map { directory.appending(name: $0.path.name) }
      }
    }
    let matches = found.compactMap { path in
      (try? resolve(path).entry).map { CopySelection(name: path.name, entry: $0) }
    }
    guard !matches.isEmpty else { throw CopyError.nothingMatches(pattern) }
    return (matches, true)
  }

  /// What a source names with `--parents`: everything of the directory in front of `/./`, else of the root, that the rest
  /// of the pattern matches, below that directory.
  ///
  /// The rest is a pattern as in an ignore file: `**` stands for any number of directories, and a directory that
  /// matches comes with all that is in it. Links are not followed in it.
  private func matchesWithParents(of pattern: String, _ rules: CopyRules) throws -> [CopySelection] {
    let (pivot, rest) = Self.split(pattern)
    guard let wanted = EntryPath(rest) else { throw CopyError.unusablePath(pattern) }
    let isWildcard = wanted != wanted.literalPrefix
    let includes = try wanted.isRoot ? nil : Self.patterns(of: wanted, pattern)
    let (directories, _) = try matches(of: pivot, hasIgnoreFile: rules.hasIgnoreFile)
    var isThere = false
    let selections = directories.filter(\.entry.entry.isDirectory).map { selection in
      var selection = selection
      let chosen = chosen(below: selection.entry.path, of: includes, without: rules.excludes)
      isThere =
        isThere || includes == nil || !chosen.isEmpty
        || !self.chosen(below: selection.entry.path, of: includes, without: IgnorePatterns()).isEmpty
      selection.chosen = chosen
      return selection
    }
    guard isThere else {
      throw isWildcard
        ? CopyError.nothingMatches(pattern) : CopyError.sourceNotFound(pattern, ignored: rules.hasIgnoreFile)
    }
    return selections
  }

  /// The text in front of the first `/./` and behind it; all of it is behind when there is none.
  private static func split(_ pattern: String) -> (pivot: String, rest: String) {
    let bytes = Array(pattern.utf8)
    let mark = Array("/./".utf8)
    for start in bytes.indices where bytes[start...].starts(with: mark) {
      let pivot = String(decoding: bytes[..<start], as: UTF8.self)
      return (pivot.isEmpty ? "/" : pivot, String(decoding: bytes[(start + mark.count)...], as: UTF8.self))
    }
    return ("/", pattern)
  }

  private static func patterns(of path: EntryPath, _ pattern: String) throws -> IgnorePatterns {
    // In an ignore file these would have a meaning at the start.
    let escape = path.bytes.first == UInt8(ascii: "!") ? "\\" : ""
    do {
      return try IgnorePatterns([escape + String(decoding: path.bytes, as: UTF8.self)], origin: "--parents")
    } catch {
      throw CopyError.malformedPattern(pattern)
    }
  }

  /// What below a directory matches `includes`, or everything, and does not match `excludes`; patterns are relative to the
  /// directory. The directories that lead to something are part of it.
  private func chosen(
    below directory: EntryPath, of includes: IgnorePatterns?, without excludes: IgnorePatterns
  ) -> [TreeEntry] {
    var choice = TreeChoice(tree: self, root: directory, includes: includes, excludes: excludes)
    choice.visit(directory, included: .root, excluded: .root)
    return choice.chosen
  }
}

/// A walk over a tree that lists what patterns choose.
private struct TreeChoice {
  let tree: Tree
  let root: EntryPath
  let includes: IgnorePatterns?
  let excludes: IgnorePatterns
  var chosen: [TreeEntry] = []
  /// Directories on the way that are listed only when something in them is.
  private var waiting: [TreeEntry] = []

  init(tree: Tree, root: EntryPath, includes: IgnorePatterns?, excludes: IgnorePatterns) {
    self.tree = tree
    self.root = root
    self.includes = includes
    self.excludes = excludes
  }

  mutating func visit(
    _ directory: EntryPath, included: IgnorePatterns.Decision, excluded: IgnorePatterns.Decision
  ) {
    for child in tree.children(of: directory) {
      let path = child.path.bytes[(root.isRoot ? 0 : root.bytes.count + 1)...]
      let include = includes?.decide(path, in: included) ?? included
      let exclude = excludes.decide(path, in: excluded)
      let isChosen = (includes == nil || include.isIgnored) && !exclude.isIgnored
      if isChosen {
        chosen += waiting + [child]
        waiting = []
      }
      guard child.entry.isDirectory, !excludes.canPrune(path, exclude) else { continue }
      if !isChosen { waiting.append(child) }
      visit(child.path, included: include, excluded: exclude)
      if !isChosen, waiting.last == child { waiting.removeLast() }
    }
  }
}
