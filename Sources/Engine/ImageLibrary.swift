import Assembly
import Content
import Diagnostics
import Distribution
import Execution
import Linux
import OCI
import Planning
import Progress
import Scheduling
import Synchronization

/// The images that cells start from: results of other cells of this run, and images pulled once each.
package final class ImageLibrary: ImageProvider {
  private let store: ContentStore
  private let client: RegistryClient
  /// Whether references are asked for again although the store knows where they led.
  private let refreshes: Bool
  private let results = Mutex<[Planning.CellID: Descriptor]>([:])
  private let pulls = SingleFlight<Use, Descriptor>(remembers: true)
  private let report: @Sendable (BuildEvent) -> Void

  private struct Use: Hashable {
    var reference: Reference
    var platform: Platform
  }

  package init(
    store: ContentStore, client: RegistryClient, refreshes: Bool,
    report: @escaping @Sendable (BuildEvent) -> Void
  ) {
    self.store = store
    self.client = client
    self.refreshes = refreshes
    self.report = report
  }

  /// Makes a cell's result known to those that depend on it.
  package func add(_ manifest: Descriptor, for id: Planning.CellID) { results.withLock { $0[id] = manifest } }

  package func image(_ origin: ImageOrigin) async throws -> Image {
    let manifest = try await manifest(origin)
    return try await BlockingPool.shared.run { [store] in try Image(manifest: manifest, in: store) }
  }

  /// The manifest of an origin, complete in the store.
  ///
  /// - Throws: `RegistryError` when it has to be pulled and cannot be.
  package func manifest(_ origin: ImageOrigin) async throws -> Descriptor {
    switch origin {
    case .cell(let id):
      guard let result = results.withLock({ $0[id] }) else {
        preconditionFailure("cells come after those they depend on")
      }
      return result
    case .registry(let reference, let platform):
      return try await pulls.value(for: Use(reference: reference, platform: platform)) {
        try await pull(reference, platform)
      }
    case .layout(let layout, let platform):
      return try await BlockingPool.shared.runCancellable { [store] cancellation in
        let source = LayoutSource(layout: layout)
        let manifest = try source.manifest(platform)
        try source.copy(manifest, into: store, cancellation: cancellation)
        return manifest
      }
    }
  }

  /// Carelessly made images say so; the index's word counts, as everywhere.
  private static func warning(_ reference: Reference, _ platform: Platform, claimed: Platform) -> String {
    Diagnostic.warning(
      "the image for \(platform) says that it is for \(claimed)", at: "\(reference)",
      why: ["its index lists it for \(platform), and that is what counts"]
    ).rendered()
  }

  private func pull(_ reference: Reference, _ platform: Platform) async throws -> Descriptor {
    let known = try await BlockingPool.shared.run { [self] in
      refreshes ? nil : try store.records.resolution(of: reference, platform)
    }
    if let known, try await BlockingPool.shared.run({ [store] in store.containsImage(known) }) { return known }
    // What was known but is damaged comes back under the same digest, whatever the tag says by now.
    let wanted = known.map { reference.pinned($0.digest) } ?? reference
    let pulled = try await client.pull(wanted, platform: platform, into: store) { [report] in
      report(.transfer(reference, $0))
    }
    if pulled.claimedPlatform.architecture != platform.architecture {
      report(.warning(Self.warning(reference, platform, claimed: pulled.claimedPlatform)))
    }
    try await BlockingPool.shared.run { [store] in
      try store.records.setResolution(of: reference, platform, to: pulled.manifest)
    }
    return pulled.manifest
  }
}

extension ContentStore {
  /// Whether an image is there with everything that belongs to it.
  package func containsImage(_ manifest: Descriptor) -> Bool {
    guard contains(manifest), let document = try? self.manifest(manifest) else { return false }
    return contains(document.config) && document.layers.allSatisfy(contains)
  }
}
