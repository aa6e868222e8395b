import Glibc
import OCI
import SystemPackage

extension ContentStore {
  /// The annotation under which layouts keep a reference's full name, readable by skopeo, buildah and crane.
  package static let nameAnnotation = "org.opencontainers.image.ref.name"

  /// What a name points to in this store; nil when it has never been set.
  ///
  /// - Throws: `Errno`; `DecodingError` when index.json is damaged.
  package func reference(_ name: String) throws -> Descriptor? {
    try readIndex().manifests.first { $0.annotations?[Self.nameAnnotation] == name }
  }

  /// All names in this store and what they point to, sorted by name.
  package func references() throws -> [(name: String, descriptor: Descriptor)] {
    try readIndex().manifests.compactMap { entry in
      entry.annotations?[Self.nameAnnotation].map { ($0, entry) }
    }
  }

  /// Points names at descriptors, all in one step, under a lock that other processes respect.
  ///
  /// - Throws: `Errno`; `DecodingError` when index.json is damaged.
  package func setReferences(_ names: [String: Descriptor]) throws {
    let lock = try FileDescriptor.open(
      root.appending("index.lock"), .writeOnly, options: [.create, .closeOnExec], permissions: [.ownerReadWrite])
    try lock.closeAfter {
      while flock(lock.rawValue, LOCK_EX) != 0 {
        guard errno == EINTR else { throw Errno(rawValue: errno) }
      }
      var index = try readIndex()
      index.manifests.removeAll { names[$0.annotations?[Self.nameAnnotation] ?? ""] != nil }
      for (name, descriptor) in names {
        var entry = descriptor
        entry.annotations = (entry.annotations ?? [:]).merging([Self.nameAnnotation: name]) { $1 }
        index.manifests.append(entry)
      }
      index.manifests.sort {
        ($0.annotations?[Self.nameAnnotation] ?? "") < ($1.annotations?[Self.nameAnnotation] ?? "")
      }
      let bytes = try CanonicalJSON.encode(index)
      let path = root.appending("index.json")
      if let old = try? Self.readFile(path, limit: 64 << 20), old == bytes { return }
      try Self.replaceFile(path, with: bytes)
    }
  }

  /// Points one name at a descriptor.
  package func setReference(_ name: String, to descriptor: Descriptor) throws { try setReferences([name: descriptor]) }

  private func readIndex() throws -> Index {
    do {
      let bytes = try Self.readFile(root.appending("index.json"), limit: 64 << 20)
      return try CanonicalJSON.decode(Index.self, from: bytes, limit: 64 << 20)
    } catch Errno.noSuchFileOrDirectory {
      return Index(manifests: [])
    }
  }
}
