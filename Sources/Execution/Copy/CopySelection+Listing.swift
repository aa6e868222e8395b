import struct Crypto.SHA256
import Layers
import OCI

extension CopySelection {
  /// A digest of everything about the selection that a copy of it depends on; nil while a file's content is not hashed.
  func listingDigest(in tree: Tree) -> Digest? {
    var hash = SHA256()
    for item in [entry] + tree.content(of: self) {
      guard let line = item.entry.listing(below: entry.path) else { return nil }
      hash.update(data: line)
    }
    return Digest(sha256: hash.finalize())
  }
}

extension LayerEntry {
  /// One record that no other entry has: lengths in front of whatever has no fixed size.
  fileprivate func listing(below root: EntryPath) -> [UInt8]? {
    var line: [UInt8] = []
    func append(_ bytes: [UInt8]) { line += Array("\(bytes.count):".utf8) + bytes }
    append(path.relative(to: root)?.bytes ?? path.bytes)
    switch kind {
    case .file(let size, let digest):
      guard let digest else { return nil }
      append(Array("file \(size) \(digest)".utf8))
    case .symlink(let target): append(Array("link ".utf8) + target)
    default: append(Array("\(kind)".utf8))
    }
    append(Array("\(mode) \(uid) \(gid) \(modified.seconds).\(modified.nanoseconds)".utf8))
    for attribute in attributes {
      append(attribute.name)
      append(attribute.value)
    }
    return line
  }
}
