import Content
import Dockerfile
import Layers
import OCI
import Planning

/// Keeps programs of another architecture out of images: what an image cannot run must not be in it by mistake.
///
/// Looked at are the ELF files in the layers that this set makes, as far as they are visible in the image; what a base image
/// has is its maker's.
struct PlatformGate {
  let catalog: LayerCatalog
  let platform: Platform
  /// Files that may be foreign.
  let allowed: IgnorePatterns

  /// As many files are named in an error.
  private static let shownFiles = 5

  /// - Parameter inherited: how many of the layers, from the lowest, are those of a base image.
  /// - Throws: `ForeignBinaries`, and as reading layers.
  func check(_ layers: [StoredLayer], inherited: Int) async throws {
    var found: [ForeignBinaries.File] = []
    var count = 0
    var tree: Tree?
    for (position, layer) in layers.enumerated().dropFirst(inherited) {
      let binaries = try await catalog.index(of: layer).binaries
      for (path, binary) in binaries.sorted(by: { $0.key < $1.key }) {
        guard let why = binary.mismatch(with: platform), !allowed.ignores(Array(path.bytes)) else { continue }
        if tree == nil { tree = try await catalog.tree(of: layers) }
        guard tree?.lookup(path)?.layer == position else { continue }
        count += 1
        if found.count < Self.shownFiles { found.append(.init(path: path, why: why)) }
      }
    }
    guard found.isEmpty else { throw ForeignBinaries(platform: platform, files: found, count: count) }
  }
}

/// Programs in an image that its platform cannot run.
package struct ForeignBinaries: Error, Hashable {
  /// One of the files, and what is wrong with it.
  package struct File: Hashable, Sendable {
    package let path: EntryPath
    package let why: String
  }

  package let platform: Platform
  /// The first of them.
  package let files: [File]
  /// How many there are in all.
  package let count: Int

  /// The fault in one line.
  package var what: String {
    count == 1
      ? "`\(files[0].path)` is not for \(platform.shortName)"
      : "\(count) files of the image are not for \(platform.shortName)"
  }

  /// Each file shown with what was found and expected.
  package var why: [String] {
    let rest = count - files.count
    return files.map { "\($0.path): \($0.why)" } + (rest > 0 ? ["and \(rest) more"] : [])
  }
}
