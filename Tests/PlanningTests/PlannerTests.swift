import Components
import Diagnostics
import Dockerfile
import OCI
import Planning
import Testing

@Suite("plans")
struct PlannerTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var name: String
    var files: [String: String]
    var components = ""
    var architectures = "amd64"
    var expected: [String]
    var testDescription: String { name }
  }

  static let table: [Row] = [
    Row(
      name: "FROM with the build arguments of the run",
      files: [
        "base/Dockerfile": "FROM scratch", "app/Dockerfile": "ARG REGISTRY OCP_TAG\nFROM $REGISTRY/base:$OCP_TAG",
      ], architectures: "amd64 arm64",
      expected: ["base/amd64", "app/amd64 <- base/amd64", "base/arm64", "app/arm64 <- base/arm64"]),
    Row(
      name: "every name of the tag",
      files: [
        "base/Dockerfile": "FROM scratch",
        "app/Dockerfile": """
        ARG REGISTRY RELEASE_TAG OKD_TAG
        FROM ${REGISTRY}/base:${RELEASE_TAG} AS one
        FROM ${REGISTRY}/base:${OKD_TAG}
        COPY --from=one / /
        """,
      ], expected: ["base/amd64", "app/amd64 <- base/amd64"]),
    Row(
      name: "COPY --from",
      files: [
        "base/Dockerfile": "FROM scratch",
        "app/Dockerfile": "FROM scratch\nARG REGISTRY\nARG OCP_TAG\nCOPY --from=$REGISTRY/base:$OCP_TAG /a /a",
      ], expected: ["base/amd64", "app/amd64 <- base/amd64"]),
    Row(
      name: "RUN --mount=from",
      files: [
        "base/Dockerfile": "FROM scratch",
        "app/Dockerfile": "FROM scratch\nRUN --mount=from=registry.example/set/base:v1,target=/b true",
      ], expected: ["base/amd64", "app/amd64 <- base/amd64"]),
    Row(
      name: "the build platform, which nobody selected",
      files: [
        "tools/Dockerfile": "FROM scratch",
        "app/Dockerfile": """
        ARG REGISTRY OCP_TAG
        FROM --platform=$BUILDPLATFORM $REGISTRY/tools:$OCP_TAG AS build
        FROM scratch
        COPY --from=build /a /a
        """,
      ], components: "app", architectures: "arm64",
      expected: ["tools/amd64 (not selected)", "app/arm64 <- tools/amd64"]),
    Row(
      name: "dependencies of dependencies",
      files: [
        "a/Dockerfile": "FROM scratch", "b/Dockerfile": "ARG REGISTRY OCP_TAG\nFROM $REGISTRY/a:$OCP_TAG",
        "c/Dockerfile": "ARG REGISTRY OCP_TAG\nFROM $REGISTRY/b:$OCP_TAG", "unrelated/Dockerfile": "FROM scratch",
      ], components: "c",
      expected: ["a/amd64 (not selected)", "b/amd64 (not selected) <- a/amd64", "c/amd64 <- b/amd64"]),
    Row(
      name: "an image source that is a component",
      files: ["base/Dockerfile": "FROM scratch", "app/ImageSource": "registry.example/set/base:v1\n"],
      expected: ["base/amd64", "app/amd64 <- base/amd64"]),
    Row(
      name: "another tag, another registry and a digest are images of the registry",
      files: [
        "base/Dockerfile": "FROM scratch",
        "app/Dockerfile": """
        FROM registry.example/set/base:v0 AS one
        FROM other.example/set/base:v1 AS two
        FROM registry.example/set/base@sha256:\(String(repeating: "a", count: 64)) AS three
        FROM scratch
        COPY --from=one / /
        COPY --from=two / /
        COPY --from=three / /
        """,
      ], components: "app", expected: ["app/amd64"]),
    Row(
      name: "a stage that the target does not need",
      files: [
        "base/Dockerfile": "FROM scratch",
        "app/Dockerfile": "FROM registry.example/set/base:v1 AS unused\nFROM scratch\nCOPY a /a",
      ], components: "app", expected: ["app/amd64"]),
    Row(
      name: "one architecture only",
      files: [
        "base/Dockerfile": "FROM scratch", "app/Dockerfile": "FROM scratch",
        "app/Dockerfile.riscv64": "FROM registry.example/set/base:v1",
      ], components: "app", architectures: "amd64 riscv64",
      expected: ["app/amd64", "base/riscv64 (not selected)", "app/riscv64 <- base/riscv64"]),
  ]

  @Test("edges", arguments: table)
  func dependencies(row: Row) throws {
    let plan = try plan(row.files, components: row.components, architectures: row.architectures)
    #expect(Set(plan.edges) == Set(row.expected))
    #expect(plan.cells.count == row.expected.count)
    // Each cell comes after those that it needs.
    var seen: Set<CellID> = []
    for cell in plan.cells {
      #expect(seen.isSuperset(of: cell.dependencies))
      seen.insert(cell.id)
    }
  }

  @Test("a plan does not depend on the order in which files are listed")
  func stable() throws {
    let row = Self.table[5]
    let plans = try (0..<8).map { _ in try plan(row.files, components: "c unrelated b").edges }
    #expect(Set(plans).count == 1)
  }

  @Test("the recipe of each architecture, why, and what it hides")
  func strategies() throws {
    let plan = try plan(
      [
        "app/ImageSource.amd64": "quay.io/a/b:1", "app/Dockerfile.arm64": "FROM scratch",
        "app/ImageSource": "quay.io/c",
        "app/Dockerfile": "FROM scratch",
      ], architectures: "amd64 arm64 riscv64")
    let byArchitecture = Dictionary(uniqueKeysWithValues: plan.cells.map { ($0.id.platform.architecture, $0) })
    #expect(byArchitecture["amd64"]?.recipeName == "ImageSource.amd64")
    #expect(byArchitecture["arm64"]?.recipeName == "Dockerfile.arm64")
    #expect(byArchitecture["riscv64"]?.recipeName == "ImageSource")
    #expect(byArchitecture["riscv64"]?.hidden == ["Dockerfile"])
    #expect(byArchitecture.values.allSatisfy { !$0.reason.isEmpty })
    guard case .take(.registry(let reference, let platform))? = byArchitecture["amd64"]?.work else {
      Issue.record("taken from a registry")
      return
    }
    #expect(reference.description == "quay.io/a/b:1")
    #expect(platform == Platform(architecture: "amd64"))
  }

  @Test("components come after those that they need, otherwise by name")
  func componentOrder() throws {
    let plan = try plan([
      "a/Dockerfile": "FROM registry.example/set/z:v1", "b/Dockerfile": "FROM scratch", "z/Dockerfile": "FROM scratch",
    ])
    let names = plan.componentsInOrder.map(\.component.name.description)
    #expect(names.firstIndex(of: "z")! < names.firstIndex(of: "a")!)
    #expect(names.sorted() == ["a", "b", "z"])
  }

  @Test("arguments: what is given beats what the set says, and VERSION is the component's own")
  func arguments() throws {
    let files = [
      "app/Dockerfile": "ARG REGISTRY OCP_TAG VERSION\nFROM quay.io/x/$VERSION:$OCP_TAG",
      "b/Dockerfile": "FROM scratch",
    ]
    func base(_ plan: BuildPlan) -> [String] {
      plan.cells.flatMap { cell -> [String] in
        guard case .build(let recipe) = cell.work else { return [] }
        return recipe.images.keys.map(\.name)
      }
    }
    #expect(base(try plan(files, versions: ["app": "1.2", "b": "9"])) == ["quay.io/x/1.2:v1"])
    #expect(base(try plan(files, arguments: ["OCP_TAG": "t"], versions: ["app": "1.2"])) == ["quay.io/x/1.2:t"])
  }

  @Test("a thousand cells are planned")
  func size() throws {
    var files: [String: String] = ["c0/Dockerfile": "FROM scratch"]
    for number in 1..<200 { files["c\(number)/Dockerfile"] = "FROM registry.example/set/c\(number - 1):v1" }
    let plan = try plan(files, architectures: "amd64 arm64 arm ppc64le riscv64")
    #expect(plan.cells.count == 1000)
  }
}

@Suite("refused plans")
struct PlannerRefusalTests {
  @Test("components in a circle")
  func circle() {
    let text = refusal([
      "a/Dockerfile": "FROM registry.example/set/b:v1", "b/Dockerfile": "FROM registry.example/set/c:v1",
      "c/Dockerfile": "FROM registry.example/set/a:v1", "d/Dockerfile": "FROM scratch",
    ])
    #expect(
      text == """
        error: components depend on each other in a circle: a → b → c → a
         --> components/a/Dockerfile
         = why: each is the base of the next, so none can be built first
         = help: let one of them start from an image outside the set

        """)
  }

  @Test("a component that starts from itself")
  func itself() {
    #expect(
      refusal(["a/Dockerfile": "FROM registry.example/set/a:v1"]) == """
        error: components depend on each other in a circle: a → a
         --> components/a/Dockerfile
         = why: each is the base of the next, so none can be built first
         = help: let one of them start from an image outside the set

        """)
  }

  @Test("a release placeholder without a release")
  func release() {
    #expect(
      refusal(["cli/ImageSource.amd64": "$OCP_IMAGE_AMD64\n"]) == """
        error: `$OCP_IMAGE_AMD64` needs a release payload, and none is given
         --> components/cli/ImageSource.amd64
         = why: component `cli` for amd64 takes its image from the release
         = help: name the release image with `--release`, or write an image reference into ImageSource.amd64

        """)
  }

  @Test("a base that is no reference")
  func reference() {
    let text = refusal(["app/Dockerfile": "FROM scratch AS s\nFROM quay.io/UPPER/x\n"])
    #expect(text.hasPrefix("error: "))
    #expect(text.contains(" --> components/app/Dockerfile:2:6\n"))
    #expect(text.contains("2 | FROM quay.io/UPPER/x\n"))
  }

  @Test("a platform that is none")
  func platform() {
    #expect(
      refusal(["app/Dockerfile": "FROM --platform=a/b/c/d quay.io/x/y\n"]) == """
        error: `a/b/c/d` is not a platform
         --> components/app/Dockerfile:1:25
          |
        1 | FROM --platform=a/b/c/d quay.io/x/y
          |                         ^^^^^^^^^^^
         = help: write it like `linux/arm64` or `$BUILDPLATFORM`

        """)
  }

  @Test("a mistake is told once, however many architectures have it, and all mistakes of a set together")
  func once() {
    let text = refusal(
      ["a/Dockerfile": "FROM\n", "b/Dockerfile": "FORM scratch\n", "c/ImageSource": "$RELEASE_IMAGE"],
      architectures: "amd64 arm64 arm ppc64le riscv64")
    #expect(text.split(separator: "\n").filter { $0.hasPrefix("error:") && $0.contains("FORM") }.count == 1)
    #expect(text.contains("components/a/Dockerfile:1:1"))
    #expect(text.contains("components/b/Dockerfile:1:1"))
    #expect(text.contains("components/c/ImageSource"))
  }

  @Test("no recipe for an architecture names the component, the architecture and the files")
  func noRecipe() {
    let text = refusal(["a/Dockerfile.arm64": "FROM scratch\n"], architectures: "riscv64")
    for part in ["`a`", "riscv64", "Dockerfile.riscv64", "ImageSource.riscv64"] { #expect(text.contains(part)) }
  }
}
