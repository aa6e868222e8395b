import Components
import Diagnostics
import OCI
import Testing

@Suite("Settings of a run") struct SettingsTests {
  private static func read(
    _ environment: [String: String] = [:], flags: [SettingKey: SettingValue] = [:],
    file: [String: SettingValue]? = nil
  ) -> (SetSettings, [Diagnostic]) {
    var diagnostics: [Diagnostic] = []
    let settings = SetSettings(
      flags: flags, environment: environment, file: file.map { ("imgset.toml", $0) }, diagnostics: &diagnostics)
    return (settings, diagnostics)
  }

  @Test func defaultsAreThoseOfTheContract() {
    let (settings, diagnostics) = Self.read()
    #expect(diagnostics.isEmpty)
    #expect(settings.platforms.value.map(\.shortName) == ["amd64", "arm64", "arm/v7", "ppc64le", "riscv64"])
    #expect(settings.platforms.origin.description == "default")
    #expect(settings.destination.value == nil)
    #expect(settings.imagePrefix == "localhost")
    #expect(settings.components.value == nil)
    #expect(!settings.push.value)
    #expect(settings.jobs.value == .automatic)
    #expect(settings.tag.value == nil)
  }

  @Test func flagBeatsEnvironmentBeatsFileBeatsDefault() {
    let file: [String: SettingValue] = ["tag": .text("file"), "dest": .text("quay.io/file"), "push": .flag(true)]
    let environment = ["OCP_BASE_TAG": "env", "DEST_REGISTRY": "quay.io/env/", "PUSH": ""]
    let (settings, diagnostics) = Self.read(environment, flags: [.tag: .text("flag")], file: file)
    #expect(diagnostics.isEmpty)
    #expect(settings.tag.value?.description == "flag")
    #expect(settings.tag.origin == .flag("--tag"))
    #expect(settings.destination.value == "quay.io/env")
    #expect(settings.destination.origin.description == "env DEST_REGISTRY")
    #expect(settings.push.value)
    #expect(settings.push.origin == .file("imgset.toml", key: "push"))
    #expect(settings.push.origin.description == "imgset.toml")
  }

  @Test(arguments: [
    ("yes", true), ("no", false), ("true", true), ("FALSE", false), ("1", true), ("0", false), ("On", true),
  ])
  func booleans(text: String, value: Bool) {
    let (settings, diagnostics) = Self.read(["PUSH": text])
    #expect(settings.push.value == value)
    #expect(diagnostics.isEmpty)
  }

  @Test(arguments: [
    ("yes", SetSettings.Jobs.automatic), ("auto", .automatic), ("true", .automatic), ("no", .count(1)),
    ("false", .count(1)), ("0", .count(1)), ("1", .count(1)), ("7", .count(7)),
  ])
  func jobs(text: String, value: SetSettings.Jobs) {
    let (settings, diagnostics) = Self.read(["PARALLEL": text])
    #expect(settings.jobs.value == value)
    #expect(diagnostics.isEmpty)
  }

  @Test(arguments: ["amd64,arm64", "amd64 arm64", " x86_64 , aarch64 arm64v8\n", "linux/amd64 linux/arm64/v8"])
  func architecturesAreNormalised(text: String) {
    let (settings, diagnostics) = Self.read(["ARCHITECTURES": text])
    #expect(settings.platforms.value.map(\.description) == ["linux/amd64", "linux/arm64"])
    #expect(diagnostics.isEmpty)
  }

  @Test(arguments: [
    (["PUSH": "yess"], "`yess` is neither yes nor no", "PUSH (environment)"),
    (["PARALLEL": "-1"], "`-1` is not a number of jobs", "PARALLEL (environment)"),
    (["PARALLEL": "lots"], "`lots` is not a number of jobs", "PARALLEL (environment)"),
    (["ARCHITECTURES": "amd64 rsicv64"], "unknown architecture `rsicv64`", "ARCHITECTURES (environment)"),
    (["ARCHITECTURES": "windows/amd64"], "`windows/amd64` is not a Linux platform", "ARCHITECTURES (environment)"),
    (["ARCHITECTURES": ","], "no architecture given", "ARCHITECTURES (environment)"),
    (["OCP_BASE_TAG": "a/b"], "`a/b` is not a tag", "OCP_BASE_TAG (environment)"),
    (
      ["DEST_REGISTRY": "https://quay.io/x"], "`https://quay.io/x` cannot be the prefix of an image name",
      "DEST_REGISTRY (environment)"
    ),
    (
      ["DEST_REGISTRY": "quay.io/x:tag"], "`quay.io/x:tag` cannot be the prefix of an image name",
      "DEST_REGISTRY (environment)"
    ),
    (["COMPONENTS": "cli/amr64"], "unknown architecture `amr64`", "COMPONENTS (environment)"),
  ])
  func mistakesNameTheirPlace(environment: [String: String], what: String, place: String) {
    let (_, diagnostics) = Self.read(environment)
    #expect(diagnostics.map(\.what) == [what])
    #expect(diagnostics.map(\.location) == [.text(place)])
    #expect(diagnostics.map(\.severity) == [.error])
  }

  @Test func allMistakesAreReportedAtOnce() {
    let (_, diagnostics) = Self.read(
      ["PUSH": "x"], flags: [.architectures: .list(["arm46"])], file: ["jbos": .number(2), "tag": .text("-x")])
    #expect(
      diagnostics.map(\.what) == [
        "unknown architecture `arm46`", "`x` is neither yes nor no", "`-x` is not a tag",
        "unknown key `jbos`, did you mean `jobs`?",
      ])
    #expect(diagnostics[0].help == ["did you mean `arm64`?"])
    #expect(diagnostics[2].location == .text("imgset.toml (key `tag`)"))
  }

  @Test func fileValuesOfEveryShapeAreRead() {
    let (settings, diagnostics) = Self.read(
      file: [
        "arch": .list(["arm64", "riscv64"]), "jobs": .number(3), "push": .flag(false), "components": .text("a,b"),
      ])
    #expect(diagnostics.isEmpty)
    #expect(settings.platforms.value.map(\.shortName) == ["arm64", "riscv64"])
    #expect(settings.jobs.value == .count(3))
    #expect(settings.components.value?.map(\.name) == ["a", "b"])
  }

  @Test func theSingularIsReadWithAHint() {
    let (settings, diagnostics) = Self.read(["COMPONENT": "x y"])
    #expect(settings.components.value?.map(\.name) == ["x", "y"])
    #expect(diagnostics.map(\.severity) == [.warning])
    #expect(diagnostics.map(\.what) == ["`COMPONENT` is read as `COMPONENTS`"])
    let (both, hints) = Self.read(["COMPONENT": "x", "COMPONENTS": "z"])
    #expect(both.components.value?.map(\.name) == ["z"])
    #expect(hints.map(\.what) == ["`COMPONENT` is ignored because `COMPONENTS` is set"])
  }
}

@Suite("Selection of components") struct SelectionTests {
  private static func select(_ words: String, architectures: String = "arm64 amd64") throws -> [String] {
    let names = ["base-image", "cli", "pause"]
    let set = try ComponentSet(
      discovering: MemoryFiles(
        files: Dictionary(uniqueKeysWithValues: names.map { ("components/\($0)/Dockerfile", "FROM scratch") })))
    var diagnostics: [Diagnostic] = []
    let settings = SetSettings(
      flags: [:], environment: ["COMPONENTS": words, "ARCHITECTURES": architectures], diagnostics: &diagnostics)
    try DiagnosticsError.check(diagnostics)
    return try set.select(settings).map { chosen in
      "\(chosen.component.name): " + chosen.platforms.map(\.shortName).joined(separator: " ")
    }
  }

  @Test(arguments: [
    ("", ["base-image: arm64 amd64", "cli: arm64 amd64", "pause: arm64 amd64"]),
    ("pause,cli", ["cli: arm64 amd64", "pause: arm64 amd64"]),
    ("cli/amd64", ["cli: amd64"]), ("cli/amd64 cli", ["cli: arm64 amd64"]),
    ("cli/riscv64 cli/x86_64", ["cli: amd64 riscv64"]), ("cli/arm/v7", ["cli: arm/v7"]),
  ])
  func componentsAndCells(words: String, expected: [String]) throws {
    #expect(try Self.select(words) == expected)
  }

  @Test func unknownComponentsAreAllNamed() {
    let error = #expect(throws: DiagnosticsError.self) { try Self.select("clii puase base-image") }
    #expect(
      error?.description == """
        error: no component `clii`, did you mean `cli`?
         --> COMPONENTS (environment)
         = help: components here: base-image cli pause

        error: no component `puase`, did you mean `pause`?
         --> COMPONENTS (environment)
         = help: components here: base-image cli pause

        """)
  }
}
