import Components
import Diagnostics
import OCI
import Testing

@testable import Planning

@Suite("names that the command line gives another meaning")
struct ContextPlanTests {
  private static let base = ["base/Dockerfile": "FROM scratch"]

  private func images(
    _ dockerfile: String, _ contexts: [String: NamedContext], architectures: String = "amd64"
  ) throws -> [String: ImageOrigin] {
    let plan = try plan(
      Self.base.merging(["app/Dockerfile": dockerfile]) { $1 }, components: "app", architectures: architectures,
      contexts: contexts)
    let cell = try #require(plan.cells.first { $0.id.component.description == "app" })
    guard case .build(let recipe) = cell.work else { return [:] }
    return Dictionary(recipe.images.map { ($0.key.name, $0.value) }) { $1 }
  }

  private let amd64 = Platform(architecture: "amd64")

  @Test(
    "spellings of an image",
    arguments: ["alpine", "alpine:latest", "docker.io/library/alpine", "docker.io/library/alpine:latest", "Alpine"])
  func spelling(name: String) throws {
    let other = try Reference(parsing: "quay.io/x/other:1")
    for key in ["alpine", "docker.io/library/alpine:latest"] {
      #expect(
        try images("FROM \(name)", [key: .image(other)]) == [
          "alpine": .registry(other, Platform(architecture: "amd64"))
        ])
    }
    #expect(
      try images("FROM \(name.lowercased().replacing(":latest", with: "")):3", ["alpine": .image(other)]).count == 1)
    #expect(try images("FROM alpine:3", ["alpine": .image(other)])["alpine"] == nil)
  }

  @Test("a stage of the name is not built, wherever it is used")
  func stage() throws {
    let files = [
      "app/Dockerfile": """
      FROM scratch AS tools
      COPY missing /
      FROM scratch
      COPY --from=tools /a /a
      RUN --mount=from=tools,target=/t true
      """
    ]
    let plan = try plan(files, contexts: ["tools": .directory("/d")])
    guard case .build(let recipe) = plan.cells[0].work else {
      Issue.record("a Dockerfile is built")
      return
    }
    #expect(recipe.stages.stages.map(\.index) == [1])
    #expect(recipe.stages.stages[0].references.map(\.source) == [.context("tools"), .context("tools")])
    #expect(recipe.images.isEmpty)
    #expect(plan.warnings.isEmpty)
  }

  @Test("a component of the set becomes a dependency, for the platform wanted")
  func component() throws {
    let files = Self.base.merging([
      "app/Dockerfile": "FROM --platform=$BUILDPLATFORM alpine AS a\nFROM alpine\nCOPY --from=a /x /x"
    ]) { $1 }
    let found = try plan(
      files, components: "app", architectures: "arm64", contexts: ["alpine": .component(ComponentName("base")!)])
    #expect(
      found.edges == [
        "base/amd64 (not selected)", "base/arm64 (not selected)", "app/arm64 <- base/amd64 base/arm64",
      ])
  }

  @Test("an image that is a component's is that component")
  func ownImage() throws {
    let own = try Reference(parsing: "registry.example/set/base:v1")
    let id = CellID(component: ComponentName("base")!, platform: amd64)
    #expect(try images("FROM alpine", ["alpine": .image(own)]) == ["alpine": .cell(id)])
  }

  @Test("a name that nothing uses is a warning, a component that is not there an error")
  func unused() throws {
    let plan = try plan(["app/Dockerfile": "FROM scratch"], contexts: ["Tools": .directory("/d")])
    #expect(plan.warnings.map(\.what) == ["no recipe uses the build context `tools`"])
    let error = #expect(throws: DiagnosticsError.self) {
      try images("FROM alpine", ["alpine": .component(ComponentName("bse")!)])
    }
    #expect(error?.diagnostics.map(\.what) == ["no component `bse`, did you mean `base`?"])
  }
}

@Suite("stages that become images")
struct TargetPlanTests {
  private static let files = [
    "base/Dockerfile": "FROM scratch AS debug\nFROM quay.io/x/y",
    "app/Dockerfile": "ARG REGISTRY OCP_TAG\nFROM $REGISTRY/base:$OCP_TAG AS debug\nFROM quay.io/last/one",
  ]

  private func targets(_ targets: StageTargets, components: String = "") throws -> [String: Int] {
    let plan = try plan(Self.files, components: components, targets: targets)
    return Dictionary(
      uniqueKeysWithValues: plan.cells.compactMap { cell in
        guard case .build(let recipe) = cell.work else { return nil }
        return (cell.id.component.description, recipe.stages.target)
      })
  }

  @Test("of every component asked for, not of those that they need")
  func common() throws {
    #expect(try targets(StageTargets(common: "debug")) == ["base": 0, "app": 0])
    #expect(try targets(StageTargets(common: "debug"), components: "app") == ["base": 1, "app": 0])
  }

  @Test("of one component")
  func single() throws {
    #expect(try targets(StageTargets(byComponent: [ComponentName("app")!: "DEBUG"])) == ["base": 1, "app": 0])
    #expect(
      try targets(StageTargets(common: "1", byComponent: [ComponentName("app")!: "debug"])) == ["base": 1, "app": 0])
  }

  @Test("that are not there")
  func unknown() throws {
    let error = #expect(throws: DiagnosticsError.self) { try targets(StageTargets(common: "debgu")) }
    #expect(error?.diagnostics.count == 2)
    let other = #expect(throws: DiagnosticsError.self) {
      try targets(StageTargets(byComponent: [ComponentName("ap")!: "debug"]))
    }
    #expect(other?.diagnostics.first?.what == "no component `ap`, did you mean `app`?")
  }
}

@Suite("platforms of last stages")
struct LastStageTests {
  @Test(
    "another platform than the image's is refused before any work",
    arguments: [
      "FROM --platform=$BUILDPLATFORM scratch", "FROM --platform=linux/amd64 scratch",
      "FROM --platform=$BUILDPLATFORM scratch AS a\nFROM a AS b\nFROM b",
    ])
  func refused(text: String) {
    let printed = refusal(["app/Dockerfile": text], architectures: "arm64")
    #expect(printed.contains("the last stage is for linux/amd64, but the image is to be for linux/arm64"))
    #expect(refusal(["app/Dockerfile": text], architectures: "amd64") == "")
  }

  @Test(
    "the image's own platform is fine in any spelling",
    arguments: [
      "FROM --platform=linux/arm64/v8 scratch", "FROM --platform=$TARGETPLATFORM scratch",
      "FROM --platform=$BUILDPLATFORM scratch AS a\nFROM scratch\nCOPY --from=a /x /x",
    ])
  func accepted(text: String) { #expect(refusal(["app/Dockerfile": text], architectures: "aarch64") == "") }
}
