import Content
import Linux
import OCI
import SystemPackage

/// One name in a layout as a place to copy to.
package struct LayoutDestination: CopyDestination {
  let layout: ImageLayout
  let selector: ImagePlace.Selector
  package let name: String

  package func contains(_ descriptor: Descriptor) async throws -> Bool {
    try await BlockingPool.shared.run { layout.size(of: descriptor.digest) == descriptor.size }
  }

  package func write(_ descriptor: Descriptor, from source: any BlobSource) async throws -> BlobOutcome {
    // Bytes that turn out wrong are asked for again: they may have been changed on the way.
    for _ in 0..<3 {
      do {
        try await writeOnce(descriptor, from: source)
        return .sent
      } catch is ContentError {
        continue
      }
    }
    try await writeOnce(descriptor, from: source)
    return .sent
  }

  private func writeOnce(_ descriptor: Descriptor, from source: any BlobSource) async throws {
    let ingest = try await BlockingPool.shared.run { try LayoutIngest(layout, descriptor) }
    try await source.read(descriptor) { piece in
      try await BlockingPool.shared.run { try ingest.write(piece) }
    }
    try await BlockingPool.shared.run { try ingest.commit() }
  }

  package func contains(manifest: Descriptor) async throws -> Bool { try await contains(manifest) }

  package func put(_ manifest: ResolvedManifest) async throws {
    try await BlockingPool.shared.run {
      let ingest = try LayoutIngest(layout, manifest.descriptor)
      try ingest.write(manifest.bytes)
      try ingest.commit()
    }
  }

  /// What an index lists is found through it; a manifest with a subject gets an entry of its own, without a name.
  package func attach(_ manifest: ResolvedManifest) async throws {
    try await put(manifest)
    guard let (subject, artifactType) = manifest.reference, subject != manifest.descriptor.digest else { return }
    var entry = manifest.descriptor
    entry.artifactType = artifactType ?? entry.mediaType
    let listed = entry
    try await BlockingPool.shared.run { try layout.setName(nil, to: listed) }
  }

  package func publish(_ manifest: ResolvedManifest) async throws -> String {
    if try await !contains(manifest.descriptor) { try await put(manifest) }
    try await BlockingPool.shared.run {
      switch selector {
      case .name(let name): try layout.setName(name, to: manifest.descriptor)
      case .only: try layout.setName(nil, to: manifest.descriptor)
      case .digest(let wanted):
        guard wanted == manifest.descriptor.digest else {
          throw LayoutError(path: layout.path, why: "the digest of the image is \(manifest.descriptor.digest)")
        }
        try layout.setName(nil, to: manifest.descriptor)
      }
    }
    return "\(name)@\(manifest.descriptor.digest)"
  }
}
