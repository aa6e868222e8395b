import Content
import OCI

/// One image or index on its way from one place to another, with everything it refers to, byte for byte.
///
/// Blobs go first, then manifests before the indexes that list them, and the name last, so that nobody sees a part.
package struct ImageCopy: Sendable {
  package let source: any CopySource
  package let destination: any CopyDestination
  /// Only the images of these, in a new index; nil for everything as it is.
  package let platforms: [Platform]?
  /// Blobs at a time.
  package var width = 6
  /// Whether what names the images as its subject comes along: signatures, bills of materials.
  package var withReferrers = false

  package init(from source: any CopySource, to destination: any CopyDestination, platforms: [Platform]? = nil) {
    self.source = source
    self.destination = destination
    self.platforms = platforms
  }

  /// What has been done when everything went well.
  package struct Report: Hashable, Sendable {
    /// `name@digest` of the copy.
    package var published: String
    /// Type, digest and size of the copy's root.
    package var root: Descriptor
    package var counts: [BlobOutcome: Int]
    /// Manifests and indexes, the root included.
    package var manifests: Int
    /// Manifests that came along because they name another one as their subject.
    package var referrers: Int
    /// Bytes of the blobs that were sent.
    package var sentBytes: Int64
  }

  /// Copies.
  ///
  /// - Throws: `RegistryError`, `ContentError`, `Errno`; the destination's name then stands for what it did before.
  package func run(progress: @escaping @Sendable (CopyEvent) -> Void = { _ in }) async throws -> Report {
    var root = try await source.root()
    if let platforms { root = try await selecting(platforms, in: root) }
    var closure = try await CopyClosure(of: root, from: source)
    if withReferrers { try await closure.addReferrers(from: source) }
    // Large ones first: what is left at the end is short.
    let blobs = closure.blobs.sorted { ($0.size, $0.digest) > ($1.size, $1.digest) }
    progress(.planned(blobs: blobs.count, bytes: blobs.reduce(0) { $0 + $1.size }))
    let outcomes = try await copy(blobs, progress)
    try await put(closure.manifests.dropLast())
    // Before the name: whoever sees the image sees its signatures. The subject may come after what names it.
    for referrer in closure.referrers { try await destination.attach(referrer) }
    var report = Report(
      published: try await destination.publish(root), root: root.descriptor, counts: [:],
      manifests: closure.manifests.count, referrers: closure.referrers.count, sentBytes: 0)
    for (blob, outcome) in outcomes {
      report.counts[outcome, default: 0] += 1
      if outcome == .sent { report.sentBytes += blob.size }
    }
    return report
  }

  private func copy(
    _ blobs: [Descriptor], _ progress: @escaping @Sendable (CopyEvent) -> Void
  ) async throws -> [(Descriptor, BlobOutcome)] {
    let reporting = ReportingSource(base: source, report: progress)
    return try await withThrowingTaskGroup(of: (Descriptor, BlobOutcome).self) { group in
      var outcomes: [(Descriptor, BlobOutcome)] = []
      for (position, blob) in blobs.enumerated() {
        if position >= width, let done = try await group.next() { outcomes.append(done) }
        group.addTask {
          let outcome: BlobOutcome =
            try await destination.contains(blob) ? .present : try await destination.write(blob, from: reporting)
          progress(.placed(blob, outcome))
          return (blob, outcome)
        }
      }
      for try await done in group { outcomes.append(done) }
      return outcomes
    }
  }

  /// Images before indexes, indexes in their own order, since they may be nested.
  private func put(_ manifests: some Collection<ResolvedManifest>) async throws {
    try await forEach(manifests.filter { !$0.descriptor.mediaType.isIndex }, atMost: width) { manifest in
      try await ensure(manifest)
    }
    for index in manifests where index.descriptor.mediaType.isIndex { try await ensure(index) }
  }

  private func ensure(_ manifest: ResolvedManifest) async throws {
    if try await destination.contains(manifest: manifest.descriptor) { return }
    try await destination.put(manifest)
  }
}
