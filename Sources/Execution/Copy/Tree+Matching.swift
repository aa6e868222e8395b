import Layers

extension Tree {
  /// What a source of COPY names, each with the name that it gets in a destination directory.
  ///
  /// A link in the last place is followed, as `docker build` does. Wildcards never match a slash.
  ///
  /// - Throws: `CopyError` when nothing is there or the pattern is malformed.
  func matches(of pattern: String, hasIgnoreFile: Bool) throws -> [CopySelection] {
    guard let path = EntryPath(pattern) else { throw CopyError.unusablePath(pattern) }
    guard path != path.literalPrefix else {
      guard let entry = try? resolve(path).entry else {
        throw CopyError.sourceNotFound(pattern, ignored: hasIgnoreFile)
      }
      return [CopySelection(name: path.name, entry: entry)]
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
    return matches
  }
}
