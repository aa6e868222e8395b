/// How whiteouts and opaque directories are written as names in a tar archive.
///
/// Implements [OCI image specification, "Whiteouts"](https://github.com/opencontainers/image-spec/blob/v1.1.0/layer.md#whiteouts).
enum WhiteoutName {
  static let prefix = Array(".wh.".utf8)
  static let opaque = Array(".wh..wh..opq".utf8)
  /// Before the names of bookkeeping files that aufs left in layers; they mean nothing to anybody else.
  static let aufsPrefix = Array(".wh..wh.".utf8)

  /// What an entry's name says.
  enum Meaning: Equatable {
    case ordinary
    case whiteout(EntryPath)
    case opaque(EntryPath)
    case bookkeeping
    /// A whiteout of nothing, of the directory itself or of the one above.
    case invalid
  }

  static func meaning(of path: EntryPath) -> Meaning {
    let name = path.name
    // What aufs kept about hard links is a directory of the root with files in it.
    if path.bytes.starts(with: aufsPrefix), path.parent != .root { return .bookkeeping }
    guard name.starts(with: prefix), let parent = path.parent else { return .ordinary }
    if name.elementsEqual(opaque) { return .opaque(parent) }
    if name.starts(with: aufsPrefix) { return .bookkeeping }
    let hidden = name.dropFirst(prefix.count)
    return EntryPath.isComponent(hidden) ? .whiteout(parent.appending(name: hidden)) : .invalid
  }

  /// The name in the archive of an entry's mark; nil for an entry that exists, and for a whiteout of the root.
  static func archivePath(of entry: LayerEntry) -> EntryPath? {
    switch entry.kind {
    case .opaque: entry.path.appending(name: opaque)
    case .whiteout: entry.path.parent?.appending(name: prefix + entry.path.name)
    default: nil
    }
  }
}
