import Content
import Linux
import OCI
import SystemPackage
import TestSupport
import Testing

/// Images that claim, by their history, to be the outcome of the steps that come next.
@Suite("poisoned parents") struct PoisonedParentTests {
  private static let recipe = "COPY tool /tool\n"

  @Test("a pulled image's history makes no step of a later build a known one")
  func history() async throws {
    try await RegistryFixture.with { registry in
      try await withProgram { program, directory in
        try await withTemporaryStore { store in
          var fixture = ImageFixture(store: store, seed: 111)
          let parent = try fixture.layer()
          let good = try fixture.image(Platform(architecture: "amd64"), layers: [parent])
          try await Self.push(good, "good", from: store, to: registry, with: program)
          let honest = try await Self.build("good", registry, Program(store: directory.appending("honest")), directory)
          try #require(honest.diffIDs.count == 2 && honest.diffIDs[0] == parent.digest)

          // The honest image's own config, with the same parent and history, over a layer of somebody else.
          let evil = try fixture.layer()
          var config = honest.config
          config.rootfs.diffIDs = [parent.digest, evil.digest]
          let stored = try store.write(try CanonicalJSON.encode(config), mediaType: .config)
          let manifest = Manifest(config: stored, layers: [parent, evil])
          let poison = try store.write(try CanonicalJSON.encode(manifest), mediaType: .manifest)
          try await Self.push(poison, "evil", from: store, to: registry, with: program)

          // What follows the poison is a step of its own, and it poisons no build after it.
          let over = try await Self.build("evil", registry, program, directory)
          #expect(over.diffIDs == [parent.digest, evil.digest, honest.diffIDs[1]])
          let after = try await Self.build("good", registry, program, directory)
          #expect(after.diffIDs == honest.diffIDs)
          #expect(after.digest == honest.digest)
        }
      }
    }
  }

  private static func push(
    _ image: Descriptor, _ name: String, from store: ContentStore, to registry: RegistryFixture, with program: Program
  ) async throws {
    try store.setReference(name, to: image)
    let result = try await program.run(["copy", "oci:\(store.root):\(name)", "\(registry.name)/base:\(name)"])
    try #require(result.status == 0, "\(result.errors)")
  }

  private struct Built {
    let digest: String
    let config: ImageConfig
    var diffIDs: [Digest] { config.rootfs.diffIDs }
  }

  /// Builds the recipe over a base.
  private static func build(
    _ base: String, _ registry: RegistryFixture, _ program: Program, _ directory: FilePath
  ) async throws -> Built {
    let set = try SetFixture(directory.appending("set-\(base)"))
    try set.write("tool/Dockerfile", "FROM \(registry.name)/base:\(base)\n" + recipe)
    try set.write("tool/tool", "the same tool everywhere")
    let result = try await program.build(
      set, "--arch", "amd64", "--dest", "localhost/set", "--tag", "1", environment: ["SOURCE_DATE_EPOCH": "1000000000"])
    try #require(result.status == 0, "\(result.errors)")
    let digest = try #require(result.digests["tool"])
    let store = try ContentStore(root: program.store)
    let root = try #require(Digest(digest))
    let index = try store.index(Descriptor(mediaType: .index, digest: root, size: try #require(store.size(of: root))))
    return Built(digest: digest, config: try store.config(try store.manifest(index.manifests[0]).config))
  }
}
