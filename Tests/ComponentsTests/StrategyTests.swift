import Components
import Diagnostics
import OCI
import Testing

@Suite("Strategy of a cell") struct StrategyTests {
  private static func component(_ files: [String: String]) throws -> Component {
    let paths = Dictionary(uniqueKeysWithValues: files.map { ("components/c/" + $0.key, $0.value) })
    let set = try ComponentSet(discovering: MemoryFiles(files: paths))
    try DiagnosticsError.check(set.diagnostics)
    return set.components[0]
  }

  private static let all = ["ImageSource.arm64", "Dockerfile.arm64", "ImageSource", "Dockerfile"]

  /// Every combination of the four files: the first that exists wins, the rest is hidden in order.
  @Test(arguments: 1..<16)
  func theFirstThatExistsWins(mask: Int) throws {
    let names = Self.all.indices.filter { mask & (1 << $0) != 0 }.map { Self.all[$0] }
    let component = try Self.component(
      Dictionary(uniqueKeysWithValues: names.map { ($0, $0.hasPrefix("I") ? "quay.io/a/b:1" : "FROM scratch") }))
    let resolution = try component.strategy(for: Platform(architecture: "aarch64"))
    #expect(resolution.strategy.recipe.fileName == names[0])
    #expect(resolution.hidden.map(\.fileName) == Array(names.dropFirst()))
    #expect(resolution.reason.hasPrefix(names[0]))
    if case .imageSource(_, let source) = resolution.strategy {
      #expect(names[0].hasPrefix("ImageSource"))
      #expect(source.description == "quay.io/a/b:1")
    } else {
      #expect(names[0].hasPrefix("Dockerfile"))
    }
  }

  @Test(arguments: [
    ("arm", "Dockerfile.arm"), ("armhf", "Dockerfile.arm"), ("arm/v6", "Dockerfile.armv6"), ("arm/v5", "Dockerfile"),
    ("x86_64", "Dockerfile.amd64"), ("amd64/v3", "Dockerfile.amd64"), ("riscv64", "Dockerfile"),
  ])
  func suffixesAreMatchedByMeaning(platform: String, file: String) throws {
    let names = ["Dockerfile", "Dockerfile.arm", "Dockerfile.armv6", "Dockerfile.amd64"]
    let component = try Self.component(Dictionary(uniqueKeysWithValues: names.map { ($0, "FROM scratch") }))
    let resolution = try component.strategy(for: #require(Platform(parsing: platform)))
    #expect(resolution.strategy.recipe.fileName == file)
  }

  @Test func noRecipeNamesTheFourFiles() throws {
    let component = try Self.component(["Dockerfile.riscv64": "FROM scratch"])
    let error = #expect(throws: DiagnosticsError.self) { try component.strategy(for: Platform(architecture: "arm")) }
    #expect(
      error?.description == """
        error: component `c` has no recipe for arm/v7
         --> components/c
         = why: none of `ImageSource.arm`, `Dockerfile.arm`, `ImageSource`, `Dockerfile` exists
         = why: there is `Dockerfile.riscv64`
         = help: write one of them, or leave the architecture out with `--arch`

        """)
  }

  @Test(arguments: [
    ("quay.io/kubevirt/hostpath-provisioner:v0.10.0", "quay.io/kubevirt/hostpath-provisioner:v0.10.0"),
    (
      "\u{FEFF}# comment\r\n\r\n  quay.io/a/b@sha256:\(String(repeating: "a", count: 64))  # why\r\n",
      "quay.io/a/b@sha256:\(String(repeating: "a", count: 64))"
    ),
    ("busybox", "docker.io/library/busybox"), ("$OCP_IMAGE_AMD64", "$OCP_IMAGE_AMD64"),
    ("${OKD_IMAGE_X86_64}\n", "$OKD_IMAGE_X86_64"), ("$RELEASE_IMAGE", "$RELEASE_IMAGE"),
  ])
  func imageSourcesAreRead(text: String, expected: String) throws {
    let component = try Self.component(["ImageSource.amd64": text])
    let resolution = try component.strategy(for: Platform(architecture: "amd64"))
    guard case .imageSource(_, let source) = resolution.strategy else { throw DiagnosticsError(.error("none", at: "")) }
    #expect(source.description == expected)
    if case .release(let placeholder) = source {
      #expect(placeholder.platform == (text.contains("64") ? Platform(architecture: "amd64") : nil))
    }
  }

  @Test(arguments: [
    ("", "no image reference in the file"), ("# only\n\n", "no image reference in the file"),
    ("a b", "more than one image reference"), ("a\nb\n", "more than one image reference"),
    ("$OPC_IMAGE_AMD64", "unknown placeholder `$OPC_IMAGE_AMD64`"), ("$", "unknown placeholder `$`"),
    ("$OCP_IMAGE_", "unknown placeholder `$OCP_IMAGE_`"), ("$OCP_IMAGE_VAX", "unknown placeholder `$OCP_IMAGE_VAX`"),
    (
      "quay.io/Upper/x",
      "`quay.io/Upper/x` is not an image reference: `Upper/x` is not a repository name; repository names are lower-case"
    ),
    ("$OCP_IMAGE_ARM64", "`$OCP_IMAGE_ARM64` is the image for arm64, not for amd64"),
  ])
  func badImageSourcesAreExplained(text: String, message: String) throws {
    let component = try Self.component(["ImageSource": text])
    let error = #expect(throws: DiagnosticsError.self) { try component.strategy(for: Platform(architecture: "amd64")) }
    #expect(error?.diagnostics.map(\.what) == [message])
  }

  @Test func aBadReferenceShowsItsLine() throws {
    let component = try Self.component(["ImageSource": "# the image\ndocker://quay.io/a\n"])
    let error = #expect(throws: DiagnosticsError.self) { try component.strategy(for: Platform(architecture: "amd64")) }
    let text = error?.description ?? ""
    #expect(text.contains(" --> components/c/ImageSource:2:1\n"))
    #expect(text.contains("2 | docker://quay.io/a\n"))
    #expect(text.contains(" = help: leave out `docker://`\n"))
  }

  @Test func aMisspeltPlaceholderGetsASuggestion() throws {
    let component = try Self.component(["ImageSource": "$OPC_IMAGE_AMD64"])
    let error = #expect(throws: DiagnosticsError.self) { try component.strategy(for: Platform(architecture: "amd64")) }
    #expect(error?.diagnostics[0].help == ["did you mean `$OCP_IMAGE_AMD64`?"])
  }

  @Test func aHiddenBadImageSourceDoesNoHarm() throws {
    let component = try Self.component(["ImageSource": "not a reference", "Dockerfile.arm64": "FROM scratch"])
    #expect(try component.strategy(for: Platform(architecture: "arm64")).hidden.map(\.fileName) == ["ImageSource"])
  }

  /// Random bytes in every small file: a diagnostic or a value, never a crash.
  @Test func anyBytesAreSurvived() throws {
    var seed: UInt64 = 0x5eed
    func next(_ bound: UInt64) -> UInt64 {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (seed >> 33) % bound
    }
    let alphabet = Array("a/.:@$#{}_- \n\r\t\u{FEFF}Z9é".utf8) + [0, 0xFF]
    var valid = 0
    for _ in 0..<3000 {
      let bytes = (0..<next(24)).map { _ in alphabet[Int(next(UInt64(alphabet.count)))] }
      let text = String(decoding: bytes, as: UTF8.self)
      let set = try ComponentSet(
        discovering: MemoryFiles(files: [
          "components/c/ImageSource": text, "components/c/repo": text, "components/c/commit": text,
        ]))
      if (try? set.components.first?.strategy(for: Platform(architecture: "amd64"))) != nil { valid += 1 }
      if let source = set.components.first?.source { #expect(!source.repository.hasPrefix("-")) }
    }
    #expect(valid > 0)
  }
}
