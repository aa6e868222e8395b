import Content
import Layers
import Linux
import OCI
import SystemPackage

/// An OCI image layout in a tar file, plain or compressed, opened for reading.
///
/// Its blobs are read from where they are in the file; nothing is unpacked.
package final class LayoutArchive: LayoutContent {
  private struct Place: Sendable {
    let file: FileDescriptor
    let offset: Int64
    let size: Int64
  }

  let path: FilePath
  private let archive: LocalArchive
  /// Kept open for `archive`, which reads from it.
  private let file: OpenFile
  private let places: [String: Place]

  /// Reads the list of entries; blocks.
  ///
  /// - Throws: `LayoutError` when it is no whole tar archive with a layout; `Errno`.
  package init(_ path: FilePath) throws {
    self.path = path
    let descriptor: FileDescriptor
    do {
      descriptor = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
    } catch let error as Errno {
      throw LayoutError(path: path, why: error == .noSuchFileOrDirectory ? "it does not exist" : "\(error)")
    }
    file = OpenFile(adopting: descriptor)
    let temporary = try Directory(at: temporaryRoot())
    do {
      guard let archive = try LocalArchive.open(descriptor, temporary: temporary) else {
        throw LayoutError(path: path, why: "it is no tar archive")
      }
      self.archive = archive
    } catch let error as LayerError {
      throw LayoutError(path: path, why: "it is damaged: \(error)")
    }
    var places: [String: Place] = [:]
    for member in archive.members {
      guard case .range(let file, let offset)? = archive.content(of: member) else { continue }
      places[String(decoding: member.entry.path.bytes, as: UTF8.self)] = Place(
        file: file, offset: offset, size: member.entry.size)
    }
    self.places = places
    guard places["oci-layout"] != nil, places["index.json"] != nil else {
      throw LayoutError(path: path, why: "it holds no OCI image layout")
    }
  }

  func size(of digest: Digest) -> Int64? { places[ImageLayout.blobPath(digest)]?.size }

  func read(_ name: String, limit: Int) throws -> [UInt8]? {
    guard let place = places[name] else { return nil }
    guard place.size <= limit else { throw ContentError.tooLarge(limit: limit) }
    return try withExtendedLifetime(self) { try place.file.bytes(Int(place.size), at: place.offset) }
  }

  func piece(of descriptor: Descriptor, at offset: Int64, _ count: Int) throws -> [UInt8] {
    guard let place = places[ImageLayout.blobPath(descriptor.digest)] else {
      throw ContentError.missing(descriptor.digest)
    }
    guard place.size == descriptor.size else {
      throw ContentError.sizeMismatch(digest: descriptor.digest, expected: descriptor.size, actual: place.size)
    }
    let wanted = Int(min(Int64(count), place.size - offset))
    return try withExtendedLifetime(self) { try place.file.bytes(wanted, at: place.offset + offset) }
  }
}
