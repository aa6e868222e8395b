import Glibc
import SystemPackage

extension Machine {
  /// All variables of this process's environment; names or values that are not UTF-8 are left out.
  package static var environment: [String: String] {
    var result: [String: String] = [:]
    var next = environ
    while let entry = next.pointee {
      if let text = String(validatingCString: entry), let sign = text.firstIndex(of: "=") {
        result[String(text[..<sign])] = String(text[text.index(after: sign)...])
      }
      next += 1
    }
    return result
  }

  /// The directory that relative paths start from; `/` when it is gone.
  package static var workingDirectory: FilePath {
    guard let path = getcwd(nil, 0) else { return "/" }
    defer { free(path) }
    return FilePath(platformString: path)
  }
}
