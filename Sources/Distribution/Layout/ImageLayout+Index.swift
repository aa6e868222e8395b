import Content
import Linux
import OCI
import SystemPackage

extension ImageLayout {
  /// Points a name at a manifest, or lists it without a name, under locks that other processes respect; blocks.
  func setName(_ name: String?, to descriptor: Descriptor) throws {
    try root.descriptor.withLock(.exclusive) {
      // A store of imgset is a layout too, and has a lock of its own.
      if let lock = try? root.file("index.lock", .readWrite) {
        defer { lock.closeQuietly() }
        try lock.withLock(.exclusive) { try update(name, to: descriptor) }
      } else {
        try update(name, to: descriptor)
      }
    }
  }

  private func update(_ name: String?, to descriptor: Descriptor) throws {
    var index = try index()
    var entry = descriptor
    entry.annotations = name.map { [ContentStore.nameAnnotation: $0] }
    if let name {
      index.manifests.removeAll { $0.annotations?[ContentStore.nameAnnotation] == name }
    } else {
      index.manifests.removeAll {
        $0.digest == descriptor.digest && $0.annotations?[ContentStore.nameAnnotation] == nil
      }
    }
    index.manifests.append(entry)
    try replace("index.json", with: try CanonicalJSON.encode(index))
  }
}
