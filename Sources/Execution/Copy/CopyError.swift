import Layers

/// Why a COPY or ADD cannot be carried out as written; the caller adds the file and line.
package enum CopyError: Error, Hashable {
  /// The source does not exist; with an ignore file, that may be why.
  case sourceNotFound(String, ignored: Bool)
  /// The wildcard matches nothing.
  case nothingMatches(String)
  case malformedPattern(String)
  /// Several files are to become one: a wildcard matched more than one, and the destination is no directory.
  case severalOntoFile(EntryPath)
  /// The destination is a directory, and the URL has no name for the file in it.
  case unnamedDownload(String)
  /// More files than an instruction may look at.
  case tooManyFiles(limit: Int)
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
    case .severalOntoFile(let path):
      "the wildcard matches several files, and \(path) is not a directory; write `\(path)/` if it should be one"
    case .unnamedDownload(let url): "`\(url)` ends in no file name; write the destination with one"
    case .tooManyFiles(let limit): "more than \(limit) files to look at; leave some out with an ignore file"
    case .fileOverDirectory(let path): "cannot put a file at \(path), which is a directory"
    case .directoryOverFile(let path): "cannot put a directory at \(path), which is a file"
    case .unusablePath(let path): "`\(path)` is not a usable path"
    case .unknownUser(let name): "no user `\(name)` in the image's /etc/passwd"
    case .unknownGroup(let name): "no group `\(name)` in the image's /etc/group"
    }
  }
}
