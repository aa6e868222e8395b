import Checks
import Linux
import SystemPackage

/// A component's directory as a build context, for looking only.
///
/// The kernel resolves every path with the directory as root, so that no link leads outside. Its methods block.
struct DirectoryContext: ContextFiles {
  let root: Directory

  func kind(of path: [UInt8]) -> ContextEntryKind? {
    guard !path.isEmpty else { return .directory }
    if let status = try? root.status(of: path, .inRoot, followLast: true) {
      return switch status.kind {
      case .directory: .directory
      case .file: .file
      default: .other
      }
    }
    // A link that leads nowhere is copied as it is when a directory above it is named, but it is there.
    return (try? root.status(of: path, .inRoot, followLast: false)) == nil ? nil : .other
  }

  func names(in directory: [UInt8]) -> [[UInt8]] {
    let opened = directory.isEmpty ? root : try? root.directory(directory, .inRoot, followLast: true)
    return (try? opened?.entries().map(\.name)) ?? []
  }
}
