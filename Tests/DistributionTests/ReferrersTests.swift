import Content
import Linux
import OCI
import TestSupport
import Testing

@testable import Distribution

@Suite("referrers, tags and deletion")
struct ReferrersTests {
  /// An artifact about `subject`, put into the store.
  private static func artifact(
    _ number: Int, type: String, about subject: Descriptor, in store: ContentStore
  ) throws -> Descriptor {
    let empty: [UInt8] = Array("{}".utf8)
    let config = try store.write(empty, mediaType: .empty)
    var manifest = Manifest(config: config, layers: [config], annotations: ["number": "\(number)"])
    manifest.artifactType = MediaType(rawValue: type)
    manifest.subject = subject
    return try store.write(try CanonicalJSON.encode(manifest), mediaType: .manifest)
  }

  @Test("artifacts are found by their subject, with the API and without", arguments: [true, false])
  func referrers(hasAPI: Bool) async throws {
    var features = MemoryRegistry.Features()
    features.referrers = hasAPI
    features.pageSize = 2
    let registry = MemoryRegistry(features)
    try await withTemporaryStore { store in
      var fixture = ImageFixture(store: store, seed: 91)
      let index = try fixture.index(platforms: ["amd64"])
      try FaultTests.fill(registry, with: index, from: store)
      var artifacts: [Descriptor] = []
      for number in 0..<5 {
        let type = number < 3 ? "application/x.sbom" : "application/x.signature"
        artifacts.append(try Self.artifact(number, type: type, about: index, in: store))
        registry.putBlob(try store.read(store.manifest(artifacts[number]).config.digest), repository: "app")
      }
      try await ScriptedServer.with {
        registry.answer($0)
      } _: { server in
        let reference = try Reference(parsing: "\(server.name)/app:t")
        try await withRegistryClient(.forTests()) { client in
          #expect(try await client.referrers(of: index.digest, in: reference).isEmpty)
          for artifact in artifacts {
            try await client.putReferrer(try store.read(artifact.digest), artifact, to: reference)
          }
          // Listed once, however often it is put.
          try await client.putReferrer(try store.read(artifacts[0].digest), artifacts[0], to: reference)
          let all = try await client.referrers(of: index.digest, in: reference)
          #expect(Set(all.map(\.digest)) == Set(artifacts.map(\.digest)))
          #expect(all.count == 5)
          #expect(Set(all.compactMap { $0.annotations?["number"] }) == ["0", "1", "2", "3", "4"])
          let signatures = try await client.referrers(
            of: index.digest, in: reference, artifactType: MediaType(rawValue: "application/x.signature"))
          #expect(Set(signatures.map(\.digest)) == Set(artifacts[3...].map(\.digest)))
          let tags = try await client.tags(of: reference)
          let standIn = Tag(RegistryClient.referrersTag(index.digest))
          #expect(tags == (hasAPI ? [Tag("t")] : [standIn, Tag("t")]))
        }
      }
    }
    #expect(registry.violations == [])
  }

  @Test("a tag can be deleted, once or twice; a registry that does not delete says so")
  func deletion() async throws {
    for deletes in [true, false] {
      var features = MemoryRegistry.Features()
      features.deletion = deletes
      let registry = MemoryRegistry(features)
      registry.putManifest(Array(#"{"schemaVersion":2,"manifests":[]}"#.utf8), type: .index, repository: "a", tag: "t")
      try await ScriptedServer.with {
        registry.answer($0)
      } _: { server in
        let reference = try Reference(parsing: "\(server.name)/a:t")
        try await withRegistryClient(.forTests()) { client in
          guard deletes else {
            let error = await #expect(throws: RegistryError.self) { try await client.delete(reference) }
            #expect(error?.kind == .status(405))
            return
          }
          _ = try await client.resolve(reference)
          try await client.delete(reference)
          try await client.delete(reference)
          await #expect(throws: RegistryError.self) { try await client.resolve(reference) }
        }
      }
    }
  }
}
