import Content
import OCI

/// Everything that a manifest or index needs at a destination, read from its source.
struct CopyClosure {
  /// Each after those it refers to; the root is the last.
  private(set) var manifests: [ResolvedManifest] = []
  /// Configs, layers and whatever else, each once.
  private(set) var blobs: [Descriptor] = []
  /// Manifests that name one of the others as their subject, each with what it lists before it.
  private(set) var referrers: [ResolvedManifest] = []
  private var seen: Set<Digest> = []
  private var bytes = 0

  /// Levels of indexes below each other.
  static let depthLimit = 8
  /// Manifests of one copy.
  static let countLimit = 10_000
  /// Bytes of all manifests together.
  static let byteLimit = 64 << 20

  /// - Throws: `RegistryError` when something is missing, malformed or beyond the limits.
  init(of root: ResolvedManifest, from source: any CopySource) async throws {
    try await add(root, from: source, depth: 0)
  }

  /// Adds signatures, bills of materials and whatever else names a manifest of the copy as its subject, and what names
  /// those in turn.
  ///
  /// - Throws: as `init`.
  mutating func addReferrers(from source: any CopySource) async throws {
    let own = manifests.count
    var subjects = manifests[...]
    while !subjects.isEmpty {
      let start = manifests.count
      for entry in try await source.referrers(of: subjects.map(\.descriptor.digest)) where !seen.contains(entry.digest)
      {
        guard let manifest = try await source.document(entry) else {
          throw RegistryError(
            .incomplete, "cannot copy \(source.name)",
            why: ["it lists the referrer \(entry.digest), which is not there"], help: "leave `--referrers` out")
        }
        try await add(manifest, from: source, depth: 0)
      }
      subjects = manifests[start...]
    }
    referrers = Array(manifests[own...])
    manifests.removeSubrange(own...)
  }

  private mutating func add(_ manifest: ResolvedManifest, from source: any CopySource, depth: Int) async throws {
    guard seen.insert(manifest.descriptor.digest).inserted else { return }
    bytes += manifest.bytes.count
    guard depth < Self.depthLimit, manifests.count < Self.countLimit, bytes <= Self.byteLimit else {
      throw RegistryError(
        .corrupt, "cannot copy \(source.name)",
        why: [
          "an index may have \(Self.depthLimit) levels, \(Self.countLimit) manifests and "
            + "\(Self.byteLimit >> 20) MiB of them"
        ])
    }
    if manifest.descriptor.mediaType.isIndex {
      let index: Index = try Self.decode(manifest, from: source)
      let count = index.manifests.count
      guard count <= Index.widthLimit else {
        throw RegistryError(
          .corrupt, "cannot copy \(source.name)",
          why: ["its index has \(count) entries; \(Index.widthLimit) are the limit"])
      }
      let children = try await Self.children(index.manifests.filter { !seen.contains($0.digest) }, from: source)
      for (entry, child) in children { try await add(entry, child, from: source, depth: depth + 1) }
    } else if manifest.descriptor.mediaType.isManifest {
      let document: Manifest = try Self.decode(manifest, from: source)
      for blob in [document.config] + document.layers { try add(blob, from: source) }
    }
    manifests.append(manifest)
  }

  /// An entry of an index is a manifest whatever type it claims, unless its place has it as a blob only.
  private mutating func add(
    _ entry: Descriptor, _ child: ResolvedManifest?, from source: any CopySource, depth: Int
  ) async throws {
    guard !seen.contains(entry.digest) else { return }
    if let child {
      try await add(child, from: source, depth: depth)
    } else if entry.mediaType.isIndex || entry.mediaType.isManifest {
      throw RegistryError(
        .incomplete, "cannot copy \(source.name)", why: ["it lists \(entry.digest), which is not there"])
    } else {
      try add(entry, from: source)
    }
  }

  /// The documents of an index's entries, several fetched at a time, in the order of the entries.
  private static func children(
    _ entries: [Descriptor], from source: any CopySource
  ) async throws -> [(Descriptor, ResolvedManifest?)] {
    try await withThrowingTaskGroup(of: (Int, ResolvedManifest?).self) { group in
      var children: [(Descriptor, ResolvedManifest?)] = entries.map { ($0, nil) }
      for (position, entry) in entries.enumerated() {
        if position >= 6, let (done, child) = try await group.next() { children[done].1 = child }
        group.addTask { (position, try await source.document(entry)) }
      }
      for try await (done, child) in group { children[done].1 = child }
      return children
    }
  }

  private mutating func add(_ blob: Descriptor, from source: any CopySource) throws {
    guard blob.size >= 0 else {
      throw RegistryError(.corrupt, "cannot copy \(source.name)", why: ["\(blob.digest) has a negative size"])
    }
    // A layer that lives elsewhere by its own declaration stays there, and is never fetched from there.
    guard blob.urls?.isEmpty != false, seen.insert(blob.digest).inserted else { return }
    blobs.append(blob)
  }

  static func decode<T: Decodable>(_ manifest: ResolvedManifest, from source: any CopySource) throws -> T {
    do {
      return try CanonicalJSON.decode(T.self, from: manifest.bytes)
    } catch {
      throw RegistryError(
        .corrupt, "cannot copy \(source.name)",
        why: ["\(manifest.descriptor.digest) is malformed: \(RegistryMessage.printable("\(error)", limit: 300))"])
    }
  }
}

extension Index {
  /// Entries that are accepted: more than any real image has, and few enough to be asked for one by one.
  static let widthLimit = 1000
}
