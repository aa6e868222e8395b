import Glibc
import OCI
import SystemPackage

/// The blobs, names and records of one user, in a directory that is also a valid OCI image layout.
///
/// A blob under its name is whole, always: it is written beside, verified, synced and renamed. Several processes may use a
/// store at once. Methods block on the disk; call them on the blocking pool when they touch much data. Implements
/// [OCI image layout](https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md).
package final class ContentStore: Sendable {
  /// The store's directory.
  package let root: FilePath
  /// Caches with queries and transactions; losing them costs time, never images.
  package let records: Records

  /// Opens a store, creating what is missing.
  ///
  /// - Throws: `Errno` when the directory cannot be made or written, `ContentError` when another layout version is there.
  package init(root: FilePath) throws {
    self.root = root
    for directory in ["blobs/sha256", "ingest", "snapshots", "work", "cache"] {
      try Self.makeDirectories(root.pushing(FilePath(directory)))
    }
    records = try Records(path: root.appending("records.sqlite"))
    try writeLayoutMarker()
    sweepStaleIngests()
  }

  /// Where the store is when nobody says otherwise: `IMGSET_HOME`, else `/var/lib/imgset` for root, else
  /// `$XDG_DATA_HOME/imgset`, else `~/.local/share/imgset`.
  package static func defaultRoot(environment: [String: String], isRoot: Bool) -> FilePath {
    if let home = environment["IMGSET_HOME"], !home.isEmpty { return FilePath(home) }
    if isRoot { return "/var/lib/imgset" }
    if let data = environment["XDG_DATA_HOME"], data.hasPrefix("/") { return FilePath(data).appending("imgset") }
    return FilePath(environment["HOME"] ?? "/").pushing(".local/share/imgset")
  }

  /// The path at which a blob is or would be.
  package func path(of digest: Digest) -> FilePath {
    root.appending("blobs").appending(digest.algorithm.rawValue).appending(digest.hex)
  }

  /// The size of a blob in bytes; nil when it is not in the store.
  package func size(of digest: Digest) -> Int64? {
    var status = stat()
    guard stat(path(of: digest).string, &status) == 0 else { return nil }
    return Int64(status.st_size)
  }

  /// Whether the blob is there with the size that the descriptor says.
  package func contains(_ descriptor: Descriptor) -> Bool { size(of: descriptor.digest) == descriptor.size }

  /// Opens a blob for reading; the caller closes the descriptor.
  ///
  /// - Throws: `ContentError.missing` when it is not there, `Errno` for other failures.
  package func open(_ digest: Digest) throws -> FileDescriptor {
    do {
      return try FileDescriptor.open(path(of: digest), .readOnly, options: .closeOnExec)
    } catch Errno.noSuchFileOrDirectory {
      throw ContentError.missing(digest)
    }
  }

  private func writeLayoutMarker() throws {
    let marker = root.appending("oci-layout")
    let content = Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8)
    if let existing = try? Self.readFile(marker, limit: 4096) {
      struct Layout: Decodable { var imageLayoutVersion: String }
      guard let layout = try? CanonicalJSON.decode(Layout.self, from: existing), layout.imageLayoutVersion == "1.0.0"
      else { throw ContentError.foreignLayout(root) }
      return
    }
    try Self.replaceFile(marker, with: content)
  }

  /// Removes what killed processes left behind: named ingests that nobody has written to for a day.
  private func sweepStaleIngests() {
    let directory = root.appending("ingest")
    guard let stream = opendir(directory.string) else { return }
    defer { closedir(stream) }
    let limit = time(nil) - 86_400
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name.hasPrefix("blob-") else { continue }
      var status = stat()
      let path = directory.appending(name)
      if stat(path.string, &status) == 0, status.st_mtim.tv_sec < limit { unlink(path.string) }
    }
  }
}
