import Layers
import Linux
import Snapshots
import SystemPackage

/// Mount points that the image lacks, made in a directory that becomes the lowest layer of the step's overlay.
///
/// Without it the runtime would make them in the upper directory, and with them changed parents: stubs that nobody
/// wants in a layer. As the lowest layer they never hide anything and give no directory its owner or mode.
struct MountPoints {
  let base: MergedView
  let directory: Directory
  /// What was made, with the directories above it; a whiteout of the image may hide it, and the runtime makes it again.
  private(set) var made: Set<EntryPath> = []

  init(base: MergedView, directory: Directory) {
    self.base = base
    self.directory = directory
  }

  /// Makes the place that a mount of the spec goes to.
  ///
  /// - Parameter isDirectory: whether what is mounted is a directory rather than a file.
  mutating func ensure(_ mount: RuntimeSpec.Mount, isDirectory: Bool) throws {
    // What lies inside a file system mounted before is the runtime's business.
    if mount.destination.hasPrefix("/dev/") || mount.destination.hasPrefix("/proc/") { return }
    try make(mount.destination, isDirectory: isDirectory)
  }

  mutating func ensureDirectory(_ path: String) throws { try make(path, isDirectory: true) }

  private mutating func make(_ path: String, isDirectory: Bool) throws {
    let location = try locate(path)
    guard location.node == nil, let last = location.path.last else { return }
    var parent = directory
    var path = EntryPath.root
    for name in location.path.dropLast() {
      parent = try parent.ensureDirectory(name)
      path = path.appending(name: name)
      made.insert(path)
    }
    made.insert(path.appending(name: last))
    if isDirectory {
      _ = try parent.ensureDirectory(last)
    } else {
      try parent.file(last, .writeOnly, options: [.create]).close()
    }
  }

  /// Written without patterns in `catch`: with those, Swift 6.3 never ends compiling a function that opens directories.
  private func locate(_ path: String) throws -> MergedView.Location {
    do throws(Errno) {
      return try base.locate(Array(path.utf8))
    } catch {
      if error == .notDirectory {
        throw RunError.invalidRequest(reason: "'\(path)' leads through something in the image that is not a directory")
      }
      if error == .tooManySymbolicLinkLevels {
        throw RunError.invalidRequest(reason: "'\(path)' leads through too many symbolic links of the image")
      }
      throw error
    }
  }
}
