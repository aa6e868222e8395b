import Content
import Linux
import OCI
import SystemPackage

/// A directory in the form of an OCI image layout, opened for reading or writing; all its paths are relative to its
/// descriptor, and no link leads out of it.
///
/// Implements [OCI image layout](https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md).
package final class ImageLayout: LayoutContent {
  /// The path as typed, for messages.
  let path: FilePath
  let root: Directory

  private init(path: FilePath, root: Directory) {
    self.path = path
    self.root = root
  }

  /// Opens an existing layout; blocks.
  ///
  /// - Throws: `LayoutError` when there is none of a known version.
  package static func open(_ path: FilePath) throws -> ImageLayout {
    let layout: ImageLayout
    do {
      layout = ImageLayout(path: path, root: try Directory(at: path))
    } catch {
      throw LayoutError(path: path, why: error == .noSuchFileOrDirectory ? "it does not exist" : "\(error)")
    }
    try layout.checkVersion()
    return layout
  }

  /// Opens a layout, making it where there is nothing or an empty directory; blocks.
  ///
  /// - Throws: `LayoutError` when something else is there; `Errno`.
  package static func create(_ path: FilePath) throws -> ImageLayout {
    try ContentStore.makeDirectories(path)
    let layout = ImageLayout(path: path, root: try Directory(at: path))
    if try layout.root.entries().isEmpty {
      try layout.replace("oci-layout", with: Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8))
    }
    try layout.checkVersion()
    _ = try layout.root.ensureDirectory("blobs").ensureDirectory("sha256")
    return layout
  }

  private func checkVersion() throws {
    struct Marker: Decodable { let imageLayoutVersion: String }
    guard let bytes = try read("oci-layout", limit: 4096) else {
      throw LayoutError(path: path, why: "it has no file `oci-layout`, so it is no OCI image layout")
    }
    guard let marker = try? CanonicalJSON.decode(Marker.self, from: bytes), marker.imageLayoutVersion == "1.0.0" else {
      throw LayoutError(path: path, why: "its layout version is not 1.0.0")
    }
  }

  /// The place of a blob below the root.
  static func blobPath(_ digest: Digest) -> String { "blobs/\(digest.algorithm.rawValue)/\(digest.hex)" }

  func read(_ name: String, limit: Int) throws -> [UInt8]? {
    let file: FileDescriptor
    do throws(Errno) {
      file = try root.file(name)
    } catch {
      if error == .noSuchFileOrDirectory { return nil }
      throw error
    }
    defer { file.closeQuietly() }
    do throws(Errno) {
      return try file.readAll(limit: limit)
    } catch {
      throw error == .fileTooLarge ? ContentError.tooLarge(limit: limit) : error
    }
  }

  func size(of digest: Digest) -> Int64? {
    guard let file = try? root.file(Self.blobPath(digest)) else { return nil }
    defer { file.closeQuietly() }
    guard let status = try? file.status(), status.kind == .file else { return nil }
    return Int64(status.size)
  }

  func piece(of descriptor: Descriptor, at offset: Int64, _ count: Int) throws -> [UInt8] {
    let file: FileDescriptor
    do throws(Errno) {
      file = try root.file(Self.blobPath(descriptor.digest))
    } catch {
      if error == .noSuchFileOrDirectory { throw ContentError.missing(descriptor.digest) }
      throw error
    }
    defer { file.closeQuietly() }
    let size = Int64(try file.status().size)
    guard size == descriptor.size else {
      throw ContentError.sizeMismatch(digest: descriptor.digest, expected: descriptor.size, actual: size)
    }
    return try file.bytes(Int(min(Int64(count), size - offset)), at: offset)
  }

  /// Puts a small file of the layout in place as a whole.
  func replace(_ name: String, with bytes: [UInt8]) throws {
    let temporary = ".\(name)-\(Directory.randomName())"
    let file = try root.file(temporary, .writeOnly, options: [.create, .exclusiveCreate], permissions: 0o644)
    do {
      defer { file.closeQuietly() }
      try file.writeFully(bytes)
      try file.synchronize()
      try root.rename(temporary, to: name)
    } catch {
      try? root.removeFile(temporary)
      throw error
    }
  }
}

/// A layout or archive that cannot be used.
package struct LayoutError: Error, Hashable, CustomStringConvertible {
  package let path: FilePath
  package let why: String
  package var help: String?

  package init(path: FilePath, why: String, help: String? = nil) {
    self.path = path
    self.why = why
    self.help = help
  }

  package var description: String {
    "cannot use the image layout\n --> \(path)\n = \(why)" + (help.map { "\n = help: \($0)" } ?? "")
  }
}
