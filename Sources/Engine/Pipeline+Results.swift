import Assembly
import Components
import Content
import Distribution
import Linux
import OCI
import Planning
import Progress

/// One component's index, complete for every platform asked for.
package struct ComposedImage: Hashable, Sendable {
  package let component: ComponentName
  /// With the tag.
  package let reference: Reference
  package let index: Descriptor
  /// One for each platform, in the order asked for.
  package let manifests: [Descriptor]
}

/// What a build came to.
package struct BuildReport: Sendable {
  package let images: [ComposedImage]
  package let outcomes: [Planning.CellID: CellOutcome]
  /// `repository@digest` of what was published, in the order of the tags; empty when nothing was.
  package let published: [Reference]
  /// Why the set was not published though that was asked for.
  package let publicationError: (any Error)?

  /// Whether every cell succeeded and what was to be published is published.
  package var isSuccess: Bool { failures.isEmpty && publicationError == nil && !isInterrupted }

  /// Errors of the cells that failed themselves.
  package var failures: [any Error] {
    outcomes.values.compactMap { if case .failed(let error) = $0 { error } else { nil } }
  }

  package var isInterrupted: Bool {
    outcomes.values.contains { if case .cancelled = $0 { true } else { false } }
  }
}

extension Pipeline {
  /// Composes the index of every component whose cells all succeeded, and names them in the store, all at once.
  func compose(_ results: [Planning.CellID: CellOutcome], _ plan: BuildPlan) async throws -> [ComposedImage] {
    try await BlockingPool.shared.run { [store] in
      var images: [ComposedImage] = []
      for selected in plan.componentsInOrder {
        let name = selected.component.name
        let manifests = selected.platforms.compactMap { platform -> Descriptor? in
          guard case .done(let manifest) = results[.init(component: name, platform: platform)] else { return nil }
          return manifest
        }
        guard manifests.count == selected.platforms.count else { continue }
        let index = try Index.compose(manifests, in: store)
        images.append(
          ComposedImage(
            component: name, reference: try plan.names.reference(of: name), index: index, manifests: manifests))
      }
      try store.setReferences(Dictionary(images.map { ($0.reference.description, $0.index) }) { $1 })
      return images
    }
  }

  /// Publishes the whole set, or nothing when a cell failed.
  ///
  /// - Returns: nil when publishing was not asked for.
  func publish(
    _ images: [ComposedImage], _ results: [Planning.CellID: CellOutcome], _ resolved: ResolvedSet,
    with client: RegistryClient
  ) async throws -> Result<Publication.Report, any Error>? {
    guard resolved.set.settings.push.value else { return nil }
    guard images.count == resolved.set.selected.count else { return .failure(IncompleteSet()) }
    let items = images.map { Publication.Item(reference: $0.reference, image: $0.index) }
    do {
      let report = try await Publication(items).run(with: client, from: store) { [events] event in
        if let event = BuildEvent.transfer(event) { events(event) }
      }
      return .success(report)
    } catch let error as CancellationError {
      throw error
    } catch {
      return .failure(error)
    }
  }

  /// Tells what the run is going to do.
  func announce(_ plan: BuildPlan, _ states: [Planning.CellID: CellState]) {
    let view = PlanView(plan: plan, states: states)
    events(
      .runStarted(
        RunPlan(rows: view.rows, platforms: view.platforms, cells: plan.cells.map(\.id.shown), counts: view.counts)))
  }

  /// Tells what the run came to.
  func finish(
    _ plan: BuildPlan, _ results: [Planning.CellID: CellOutcome], _ images: [ComposedImage],
    _ publication: Result<Publication.Report, any Error>?
  ) -> BuildReport {
    let shown = images.map { image in
      RunResult.Image(
        name: image.reference.name, tag: image.reference.tag?.description ?? "latest", digest: image.index.digest,
        size: image.manifests.first.flatMap { try? store.layersSize(of: $0) }, platforms: image.manifests.count)
    }
    var published: [Reference] = []
    var pushed: RunResult.Pushed?
    var publicationError: (any Error)?
    switch publication {
    case .success(let report):
      published = report.published
      pushed = RunResult.Pushed(sent: report.sentBytes, total: report.totalBytes)
    case .failure(let error): publicationError = error
    case nil: break
    }
    let reason = publicationError.map { error in
      error is IncompleteSet ? "\(error)" : "nothing published: \((error as? RegistryError)?.what ?? "\(error)")"
    }
    events(.runFinished(RunResult(images: shown, pushed: pushed, notPublished: reason)))
    return BuildReport(
      images: images, outcomes: results, published: published, publicationError: publicationError)
  }
}

/// A set that cannot be published, because some of its images are missing.
package struct IncompleteSet: Error, Hashable, CustomStringConvertible {
  package var description: String {
    "nothing published: the set is incomplete, and it is published whole or not at all"
  }
}
