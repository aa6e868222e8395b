import Layers

/// Why a COPY or ADD cannot be carried out as written; the caller adds the file and line.
package enum CopyError: Error, Hashable {
  /// The source does not exist; with an ignore file, that may be why.
  case sourceNotFound(String, ignored: Bool)
  /// The wildcard matches nothing.
  case nothingMatches(String)
  case malformedPattern(String)
  /// A file is to be put where a directory is.
  case fileOverDirectory(EntryPath)
  /// A directory is to be put where a file is, or a path leads through a file.
  case directoryOverFile(EntryPath)
  /// A name or path that no layer can hold.
  case unusablePath(String)
  case unknownUser(String)
  case unknownGroup(String)
}

extension CopyError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .sourceNotFound(let path, false): "`\(path)` does not exist"
    case .sourceNotFound(let path, true): "`\(path)` does not exist, or the ignore file leaves it out"
    case .nothingMatches(let pattern): "nothing matches `\(pattern)`"
    case .malformedPattern(let pattern): "`\(pattern)` is not a valid wildcard"
    case .fileOverDirectory(let path): "cannot put a file at \(path), which is a directory"
    case .directoryOverFile(let path): "cannot put a directory at \(path), which is a file"
    case .unusablePath(let path): "`\(path)` is not a usable path"
    case .unknownUser(let name): "no user `\(name)` in the image's /etc/passwd"
    case .unknownGroup(let name): "no group `\(name)` in the image's /etc/group"
    }
  }
}
