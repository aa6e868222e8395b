import Content
import Planning
import Progress

/// The whole way from a directory of components to images in a store and a registry.
///
/// Each stage takes the value of the one before it: nothing looks back, and nothing is done before the plan stands.
package struct Pipeline: Sendable {
  let request: BuildRequest
  let store: ContentStore
  let events: @Sendable (BuildEvent) -> Void

  package init(request: BuildRequest, store: ContentStore, events: @escaping @Sendable (BuildEvent) -> Void) {
    self.request = request
    self.store = store
    self.events = events
  }

  /// Says what a build would do, without doing any of it.
  ///
  /// - Throws: `DiagnosticsError` for mistakes in the set or the settings.
  package func plan() async throws -> PlanReport {
    let set = try await discover()
    return try await withClient { client in
      let resolved = try await resolve(set, with: client, offline: true)
      let plan = try plan(resolved)
      let workshop = try await workshop(for: plan, of: resolved, client)
      return PlanReport(set: resolved, plan: plan, states: try await workshop.examine())
    }
  }

  /// Builds what is not up to date, and publishes the set when the settings ask for it.
  ///
  /// - Parameter show: gets the plan before anything is done.
  /// - Throws: `DiagnosticsError` before any work; failures of cells are in the report.
  package func build(show: (PlanReport) -> Void = { _ in }) async throws -> BuildReport {
    let set = try await discover()
    return try await withClient { client in
      let resolved = try await resolve(set, with: client, offline: false)
      let plan = try plan(resolved)
      let workshop = try await workshop(for: plan, of: resolved, client)
      let states = try await workshop.examine()
      show(PlanReport(set: resolved, plan: plan, states: states))
      announce(plan, states)
      let results = try await workshop.execute(states)
      let images = try await compose(results, plan)
      let publication = try await publish(images, results, resolved, with: client)
      return finish(plan, results, images, publication)
    }
  }
}
