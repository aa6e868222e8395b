import Components
import Content
import Diagnostics
import OCI
import Planning
import Progress
import Testing

@testable import Engine

@Suite("the pipeline without root and network")
struct PipelineTests {
  /// A base and a component on it.
  private func prepare(_ set: SetOnDisk) throws {
    try set.write("FROM scratch\nCOPY os /etc/os\n", to: "base/Dockerfile")
    try set.write("base", to: "base/os")
    try set.write("ARG REGISTRY OCP_TAG\nFROM $REGISTRY/base:$OCP_TAG\nCOPY tool /tool\n", to: "app/Dockerfile")
    try set.write("tool", to: "app/tool", mode: 0o755)
  }

  @Test("a set is built, named in the store, and complete for every platform")
  func build() async throws {
    try await withSet { set in
      try prepare(set)
      let (pipeline, events) = set.pipeline()
      let report = try await pipeline.build()
      #expect(report.isSuccess)
      #expect(
        report.images.map(\.reference.description) == ["registry.example/set/base:v1", "registry.example/set/app:v1"])
      for image in report.images {
        let index = try set.store.index(image.index)
        #expect(index.manifests.map { $0.platform?.architecture } == ["amd64", "arm64"])
        for manifest in index.manifests {
          let config = try set.store.config(set.store.manifest(manifest).config)
          #expect(config.architecture == manifest.platform?.architecture)
          #expect(config.created == "2001-09-09T01:46:40Z")
        }
      }
      let app = try set.store.manifest(report.images[1].manifests[0])
      let base = try set.store.manifest(report.images[0].manifests[0])
      #expect(app.layers.count == 2 && app.layers.first == base.layers.first)
      #expect(report.published.isEmpty && report.publicationError == nil)
      #expect(events.outcomes.values.allSatisfy { $0 == .built })
      #expect(events.kinds.first == "runStarted" && events.kinds.last == "runFinished")
    }
  }

  @Test("planning changes nothing; after a build there is nothing to do, and the digests stay")
  func upToDate() async throws {
    try await withSet { set in
      try prepare(set)
      let before = try await set.pipeline().0.plan()
      #expect(!before.isUpToDate)
      #expect(
        before.states.values.allSatisfy {
          $0 == .outdated(reason: "first build", isFirst: true)
            || $0 == .outdated(reason: "base changes", isFirst: true)
        })
      let first = try await set.pipeline().0.build()
      #expect(try await set.pipeline().0.plan().isUpToDate)
      let (pipeline, events) = set.pipeline()
      let second = try await pipeline.build()
      #expect(events.outcomes.values.allSatisfy { $0 == .upToDate })
      #expect(events.cached.isEmpty)
      #expect(second.images == first.images)
    }
  }

  @Test("without the cache every step is done again, to the same digests; so it is in another store")
  func determinism() async throws {
    try await withSet { set in
      try prepare(set)
      let first = try await set.pipeline().0.build()
      let (pipeline, events) = set.pipeline(ignoresCache: true)
      let second = try await pipeline.build()
      #expect(events.cached.allSatisfy { !$0 } && !events.cached.isEmpty)
      #expect(second.images == first.images)
      try await withSet { other in
        try prepare(other)
        #expect(try await other.pipeline().0.build().images == first.images)
      }
    }
  }

  @Test("what changed is named, what depends on it follows, and the rest stays")
  func change() async throws {
    try await withSet { set in
      try prepare(set)
      try set.write("FROM scratch\nCOPY x /\n", to: "other/Dockerfile")
      try set.write("1", to: "other/x")
      _ = try await set.pipeline(architectures: "amd64").0.build()
      try set.write("changed", to: "base/os")
      let plan = try await set.pipeline(architectures: "amd64").0.plan()
      let reasons = Dictionary(uniqueKeysWithValues: plan.states.map { ($0.key.description, $0.value) })
      #expect(reasons["base/amd64"] == .outdated(reason: "os changed", isFirst: false))
      #expect(reasons["app/amd64"] == .outdated(reason: "base changes", isFirst: false))
      #expect(reasons["other/amd64"]?.manifest != nil)
      let (pipeline, events) = set.pipeline(architectures: "amd64")
      _ = try await pipeline.build()
      #expect(events.outcomes == ["base/amd64": .built, "app/amd64": .built, "other/amd64": .upToDate])
    }
  }

  @Test("a failed cell takes its dependants with it and nothing else")
  func failure() async throws {
    try await withSet { set in
      try prepare(set)
      try set.write("FROM scratch\nCOPY x /\n", to: "other/Dockerfile")
      try set.write("1", to: "other/x")
      try set.write("FROM scratch\n\nCOPY missing /etc/os\n", to: "base/Dockerfile.arm64")
      let (pipeline, events) = set.pipeline()
      let report = try await pipeline.build()
      #expect(!report.isSuccess)
      #expect(report.failures.count == 1)
      #expect(report.images.map(\.component.description) == ["other"])
      let outcomes = events.outcomes
      #expect(outcomes["app/amd64"] == .built && outcomes["other/arm64"] == .built)
      let base = Progress.CellID(component: "base", platform: Platform(architecture: "arm64"))
      #expect(outcomes["app/arm64"] == .skipped(because: base))
      guard case .failed(let failure)? = outcomes["base/arm64"] else {
        Issue.record("\(String(describing: outcomes["base/arm64"]))")
        return
      }
      #expect(failure.what == "`missing` does not exist")
      #expect(failure.file == "components/base/Dockerfile.arm64" && failure.line == 3)
      #expect(failure.excerpt.map(\.text) == ["", "COPY missing /etc/os"])
      #expect(failure.excerpt.map(\.isFault) == [false, true])
    }
  }

  @Test("a component that nobody asked for is made where it is needed, and has no index")
  func unselected() async throws {
    try await withSet { set in
      try prepare(set)
      let (pipeline, events) = set.pipeline(architectures: "amd64", components: "app")
      let report = try await pipeline.build()
      #expect(report.images.map(\.component.description) == ["app"])
      #expect(Set(events.outcomes.keys) == ["app/amd64", "base/amd64"])
    }
  }

  @Test("mistakes of a set are all told before anything is done")
  func mistakes() async throws {
    try await withSet { set in
      try prepare(set)
      try set.write("FORM scratch\n", to: "one/Dockerfile")
      try set.write("$OCP_IMAGE_AMD64\n", to: "two/ImageSource")
      let (pipeline, events) = set.pipeline()
      let error = await #expect(throws: DiagnosticsError.self) { _ = try await pipeline.build() }
      let text = "\(error!)"
      #expect(text.contains("components/one/Dockerfile:1:1") && text.contains("components/two/ImageSource"))
      #expect(events.outcomes.isEmpty)
    }
  }

  @Test("a plan for machines has every cell with what it needs")
  func document() async throws {
    try await withSet { set in
      try prepare(set)
      let report = try await set.pipeline(architectures: "arm64").0.plan()
      let text = String(decoding: try CanonicalJSON.encode(report.document), as: UTF8.self)
      #expect(
        text == """
          {"cells":[{"action":"build","cell":"base/arm64","component":"base","dependsOn":[],"hidden":[],\
          "platform":"linux/arm64","reasons":["\(report.plan.cells[0].reason)","first build"],"recipe":"Dockerfile",\
          "selected":true},{"action":"build","cell":"app/arm64","component":"app","dependsOn":["base/arm64"],\
          "hidden":[],"platform":"linux/arm64","reasons":["\(report.plan.cells[1].reason)","base changes"],\
          "recipe":"Dockerfile","selected":true}],"destination":"registry.example/set","tag":"v1","version":1}
          """)
    }
  }
}
