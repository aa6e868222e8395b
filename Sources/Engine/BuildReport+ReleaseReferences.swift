import Linux
import OCI
import Planning
import ReleasePayload
import SystemPackage

extension BuildReport {
  /// The files by which MicroShift finds the images of a complete set: one for each architecture, named as `uname -m`
  /// says, with the images of that architecture, and the payload-style `image-references` with the indexes.
  ///
  /// All pull specifications are by digest.
  /// - Throws: `ReleaseReferencesError` when two platforms would share a file; `EncodingError`, which no report causes.
  package func releaseReferences() throws -> [String: [UInt8]] {
    var children: [Platform: [String: Reference]] = [:]
    let references = Dictionary(images.map { ($0.component, $0.reference) }) { first, _ in first }
    for (id, outcome) in outcomes {
      guard case .done(let manifest) = outcome, let reference = references[id.component] else { continue }
      children[id.platform, default: [:]][id.component.description] = reference.pinned(manifest.digest)
    }
    let base = images.lazy.compactMap(\.reference.tag).first
    var files: [String: [UInt8]] = [:]
    for (platform, images) in children {
      guard let base else { continue }
      let name = ReleaseReferences.fileName(for: platform.architecture)
      guard files[name] == nil else { throw ReleaseReferencesError(file: name) }
      files[name] = try ReleaseReferences(base: base, images: images).encoded()
    }
    let tags = images.sorted { $0.component.description < $1.component.description }.map { image in
      ImageReferences.Tag(
        name: image.component.description, image: image.reference.pinned(image.index.digest), sourceLocation: nil,
        commit: nil)
    }
    files["image-references"] = try ImageReferences(version: base?.description, tags: tags).encoded()
    return files
  }

  /// Writes `releaseReferences` into a directory, which is made when it is missing below an existing one; blocks.
  ///
  /// Every file is complete under another name before the first gets its own.
  /// - Throws: what `releaseReferences` throws; `Errno`.
  package func writeReleaseReferences(to path: FilePath) throws {
    let files = try releaseReferences().sorted { $0.key < $1.key }
    let directory = try Self.directory(path)
    var written: [(temporary: String, name: String)] = []
    do {
      for (name, bytes) in files {
        let temporary = ".\(name)-\(Directory.randomName())"
        let file = try directory.file(
          temporary, .writeOnly, options: [.create, .exclusiveCreate], permissions: 0o644)
        defer { file.closeQuietly() }
        written.append((temporary, name))
        try file.writeFully(bytes)
        try file.synchronize()
      }
      for (temporary, name) in written { try directory.rename(temporary, to: name) }
    } catch {
      for (temporary, _) in written { try? directory.removeFile(temporary) }
      throw error
    }
  }

  private static func directory(_ path: FilePath) throws -> Directory {
    do throws(Errno) {
      return try Directory(at: path)
    } catch {
      guard error == .noSuchFileOrDirectory, let name = path.lastComponent?.string else { throw error }
      let parent = path.removingLastComponent()
      return try Directory(at: parent.isEmpty ? "." : parent).ensureDirectory(name)
    }
  }
}

/// Two platforms of a set whose release references would have one name.
package struct ReleaseReferencesError: Error, Hashable, CustomStringConvertible {
  package let file: String

  package var description: String {
    "two platforms of the set need the release references `\(file)`\n = help: choose one of them with --arch"
  }
}
