import OCI
import Testing

private struct Platforms: Decodable {
  struct Valid: Decodable {
    var input: String
    var platform: Platform
    var matches: [Platform]
  }
  var valid: [Valid]
  var invalid: [String]
}

@Suite struct PlatformTests {
  @Test func spellingsOfThePlatformSuiteAreNormalisedAlike() throws {
    for item in try fixture("platforms.json", as: Platforms.self).valid {
      let platform = try #require(Platform(parsing: item.input), "\(item.input)")
      #expect(platform == item.platform.normalised, "\(item.input)")
      for match in item.matches {
        let index = Index(manifests: [
          Descriptor(
            mediaType: .manifest, digest: Digest(sha256: [UInt8](repeating: 0, count: 32)), size: 1, platform: match)
        ])
        #expect(index.entry(for: platform) != nil, "\(item.input) takes \(match)")
      }
    }
  }

  @Test func malformedPlatformsAreRefused() throws {
    for text in try fixture("platforms.json", as: Platforms.self).invalid {
      #expect(Platform(parsing: text) == nil, "\(text)")
    }
  }

  @Test(arguments: [
    ("x86_64", "linux/amd64"), ("aarch64", "linux/arm64"), ("armhf", "linux/arm/v7"), ("armhfp", "linux/arm/v7"),
    ("armv7hl", "linux/arm/v7"), ("arm", "linux/arm/v7"), ("ppc64el", "linux/ppc64le"), ("riscv64", "linux/riscv64"),
    ("arm/v6", "linux/arm/v6"), ("linux/arm64/v8", "linux/arm64"),
  ])
  func aliasesHaveOneSpelling(alias: String, canonical: String) {
    #expect(Platform(parsing: alias)?.description == canonical)
  }

  @Test func anOlderVariantServesButAnotherArchitectureNever() throws {
    let digest = Digest(sha256: [UInt8](repeating: 7, count: 32))
    let older = Descriptor(
      mediaType: .manifest, digest: digest, size: 1, platform: Platform(architecture: "arm", variant: "v6"))
    let index = Index(manifests: [older])
    #expect(index.entry(for: Platform(architecture: "arm", variant: "v7")) == older)
    #expect(index.entry(for: Platform(architecture: "arm", variant: "v5")) == nil)
    #expect(index.entry(for: Platform(architecture: "arm64")) == nil)
  }
}
