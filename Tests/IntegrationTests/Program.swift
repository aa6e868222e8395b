import FoundationEssentials
import SystemPackage
import TestSupport

/// The program under test, as the build made it, and the repository that it belongs to.
enum Program {
  /// The repository's directory.
  static let repository = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()

  /// `IMGSET_BINARY`, else the debug build of this checkout.
  static var path: FilePath {
    if let path = ProcessInfo.processInfo.environment["IMGSET_BINARY"] { return FilePath(path) }
    return repository.pushing(".build/debug/imgset")
  }
}
