import Content
import Linux
import OCI
import SystemPackage
import TestSupport
import Testing

@testable import Distribution

/// Registries that attack their clients, case by case as `Fixtures/attacks.json` lists them.
@Suite("attacks by registries")
struct AttackTests {
  struct Attack: Decodable, Sendable, CustomTestStringConvertible {
    let id: String
    let setup: String
    let rule: String

    var testDescription: String { id }
  }

  static func attacks() throws -> [Attack] {
    struct Document: Decodable {
      let registry_attacks: [Attack]
    }
    let path = FilePath(#filePath).removingLastComponent().pushing("Fixtures/attacks.json")
    let file = try FileDescriptor.open(path, .readOnly)
    let bytes = try file.closeAfter { try file.readAll(limit: 1 << 20) }
    return try CanonicalJSON.decode(Document.self, from: bytes).registry_attacks
  }

  @Test("every attack fails", arguments: try attacks())
  func fails(attack: Attack) async throws {
    switch attack.id {
    case "digest-algorithm-traversal": try await malformedDigests()
    case "manifest-digest-mismatch": try await otherManifest()
    case "blob-digest-mismatch": try await otherBlobs()
    case "layer-diffid-mismatch": try otherDiffID()
    case "type-confusion": try await confusedTypes()
    case "index-loop": try await endlessIndexes()
    case "huge-manifest": try await hugeManifest()
    case "foreign-layer-url": try await foreignLayer()
    case "redirect-credential-leak": try await redirects()
    case "realm-ssrf": try await realms()
    case "pagination-ssrf": try await pages()
    case "http-downgrade": try await downgrade()
    case "decompression-bomb":
      try bombs()
      try hugeArchives()
    case "tar-parser-differential": try await differentArchives()
    case "zstd-skippable-and-concat": try await manyMembers()
    case "cache-poison-parent": try poisonedParent()
    case "tag-race": try await movingTag()
    default: Issue.record("no test for the attack `\(attack.id)`")
    }
  }

  /// The error of pulling `reference`, and of copying it to a layout; the requests that both made together.
  func refusal(
    _ text: String, settings: RegistrySettings = .forTests(), expecting digest: Digest? = nil
  ) async throws {
    try await withTemporaryStore { store in
      let reference = try Reference(parsing: text)
      await #expect(throws: RegistryError.self) {
        try await withRegistryClient(settings) {
          try await $0.pull(reference, platform: Platform(architecture: "amd64"), into: store)
        }
      }
      if let digest { #expect(store.size(of: digest) == nil) }
      let leftovers = try Directory(at: store.root.appending("ingest")).entries()
      #expect(leftovers.isEmpty)
    }
    try await withTemporaryDirectory { directory, _ in
      let layout = directory.appending("layout")
      await #expect(throws: (any Error).self) {
        try await CopyTests.copy(text, "oci:\(layout):x", settings: settings)
      }
      let written = try ImageLayout.open(layout)
      let entries = try written.index().manifests
      #expect(entries.isEmpty)
      if let digest { #expect(written.size(of: digest) == nil) }
    }
  }

  /// Runs `body` with a registry in which `app:t` is an image of one small layer.
  func withImage(
    seed: UInt64, answer: @escaping @Sendable (ScriptedServer.Request, MemoryRegistry) -> ScriptedServer.Answer,
    _ body: (ScriptedServer, _ image: Descriptor, _ layer: Descriptor, MemoryRegistry) async throws -> Void
  ) async throws {
    try await withTemporaryStore { store in
      var fixture = ImageFixture(store: store, seed: seed)
      let layer = try fixture.layer(size: 50_000)
      let image = try fixture.image(Platform(architecture: "amd64"), layers: [layer])
      let registry = MemoryRegistry()
      try FaultTests.fill(registry, with: image, from: store)
      try await ScriptedServer.with {
        answer($0, registry)
      } _: { server in
        try await body(server, image, layer, registry)
      }
    }
  }

  static func manifest(_ body: String, type: MediaType = .manifest) -> ScriptedServer.Answer {
    .response(status: 200, headers: ["Content-Type": type.rawValue], body: Array(body.utf8))
  }
}
