import Content
import Layers
import Linux
import OCI
import SystemPackage

/// A new archive as a place to copy to: a layout beside it that is packed, in the order of its names, when it is whole.
package struct ArchiveDestination: CopyDestination {
  let path: FilePath
  let base: LayoutDestination

  package var name: String { base.name }

  package func contains(_ descriptor: Descriptor) async throws -> Bool { try await base.contains(descriptor) }

  package func write(_ descriptor: Descriptor, from source: any BlobSource) async throws -> BlobOutcome {
    try await base.write(descriptor, from: source)
  }

  package func contains(manifest: Descriptor) async throws -> Bool { try await base.contains(manifest) }

  package func put(_ manifest: ResolvedManifest) async throws { try await base.put(manifest) }

  package func attach(_ manifest: ResolvedManifest) async throws { try await base.attach(manifest) }

  package func publish(_ manifest: ResolvedManifest) async throws -> String {
    let published = try await base.publish(manifest)
    try await BlockingPool.shared.run { try pack() }
    return published
  }

  /// Writes the archive under another name and renames it; each blob is removed when it is packed, so that the disk holds
  /// little more than one copy.
  private func pack() throws {
    let parent = try Directory(at: path.parentOrWorkingDirectory)
    guard let name = path.lastComponent?.string else { throw Errno.invalidArgument }
    let temporary = ".\(name)-\(Directory.randomName())"
    let file = try parent.file(temporary, .writeOnly, options: [.create, .exclusiveCreate], permissions: 0o644)
    do {
      defer { file.closeQuietly() }
      let tar = TarWriter(FileSink(file))
      try pack(base.layout.root, at: "", into: tar)
      try tar.finish()
      try file.synchronize()
      try parent.rename(temporary, to: name)
    } catch {
      try? parent.removeFile(temporary)
      throw error
    }
  }

  private func pack(_ directory: Directory, at prefix: String, into tar: TarWriter) throws {
    for entry in try directory.entries() {
      let path = prefix + String(decoding: entry.name, as: UTF8.self)
      guard let place = EntryPath(path) else { throw Errno.fileNameTooLong }
      if entry.kind == .directory {
        try tar.begin(LayerEntry(path: place, kind: .directory, mode: 0o755))
        try pack(try directory.directory(entry.name), at: path + "/", into: tar)
        continue
      }
      let file = try directory.file(entry.name)
      defer { file.closeQuietly() }
      let size = Int64(try file.status().size)
      try tar.begin(LayerEntry(path: place, kind: .file(size: size, digest: nil), mode: 0o644))
      var offset: Int64 = 0
      while offset < size {
        let piece = try file.bytes(Int(min(1 << 20, size - offset)), at: offset)
        guard !piece.isEmpty else { throw Errno.ioError }
        try piece.withUnsafeBytes { try tar.write($0) }
        offset += Int64(piece.count)
      }
      try directory.removeFile(entry.name)
    }
  }
}

extension FilePath {
  /// The directory that holds the file, `.` for a bare name.
  var parentOrWorkingDirectory: FilePath {
    let parent = removingLastComponent()
    return parent.isEmpty ? "." : parent
  }
}
