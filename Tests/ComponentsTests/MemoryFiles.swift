import Components

/// A set in memory: path → content; a script's content starts with `#!`, a directory's path ends with a slash.
struct MemoryFiles: SetFiles {
  var files: [String: String]

  struct NoSuchFile: Error {}

  func entries(of directory: String) throws -> [SetEntry] {
    let prefix = directory.isEmpty ? "" : directory + "/"
    var entries: [String: SetEntry.Kind] = [:]
    for (path, content) in files where path.hasPrefix(prefix) && path != prefix {
      let rest = path.dropFirst(prefix.count)
      if let slash = rest.firstIndex(of: "/") {
        entries[String(rest[..<slash])] = .directory
      } else {
        entries[String(rest)] = content == "dangling" ? .other : .file(isExecutable: content.hasPrefix("#!"))
      }
    }
    return entries.map { SetEntry(name: Array($0.key.utf8), kind: $0.value) }
  }

  func contents(of file: String, limit: Int) throws -> [UInt8] {
    guard let content = files[file], content.utf8.count <= limit else { throw NoSuchFile() }
    return Array(content.utf8)
  }
}
