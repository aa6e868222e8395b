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

  @Test("a copy takes along what is about the image, and what is about that", arguments: [true, false])
  func copies(hasAPI: Bool) async throws {
    var features = MemoryRegistry.Features()
    features.referrers = hasAPI
    let registry = MemoryRegistry(features)
    try await withTemporaryStore { store in
      var fixture = ImageFixture(store: store, seed: 92)
      let index = try fixture.index(platforms: ["amd64", "arm64"])
      let image = try #require(store.index(index).manifests.first)
      try FaultTests.fill(registry, with: index, from: store)
      let bill = try Self.artifact(1, type: "application/x.sbom", about: image, in: store)
      let signatures = try [index, bill].map {
        try Self.artifact(2, type: "application/x.signature", about: $0, in: store)
      }
      registry.putBlob(try store.read(store.manifest(bill).config.digest), repository: "app")
      try await ScriptedServer.with {
        registry.answer($0)
      } _: { server in
        let reference = try Reference(parsing: "\(server.name)/app:t")
        try await withRegistryClient(.forTests()) { client in
          for artifact in [bill] + signatures {
            try await client.putReferrer(try store.read(artifact.digest), artifact, to: reference)
          }
        }
        try await withTemporaryDirectory { directory, _ in
          let archive = "\(directory)/image.tar"
          let places = [
            "\(server.name)/other:t", "oci:\(directory)/layout", "oci-archive:\(archive)", "\(server.name)/x:t",
          ]
          var source = "\(server.name)/app:t"
          for place in places {
            let report = try await CopyTests.copy(source, place, referrers: true)
            #expect(report.root.digest == index.digest)
            #expect(report.manifests == 3 && report.referrers == 3, "\(place)")
            source = place
          }
          let plain = try await CopyTests.copy(source, "oci:\(directory)/plain:t")
          #expect(plain.referrers == 0)
          let listed = try ImageLayout.open(directory.appending("plain")).index().manifests
          #expect(listed.map(\.digest) == [index.digest])
        }
        let copy = try Reference(parsing: "\(server.name)/x:t")
        try await withRegistryClient(.forTests()) { client in
          for (subject, artifact) in [(image, bill), (index, signatures[0]), (bill, signatures[1])] {
            let found = try await client.referrers(of: subject.digest, in: copy)
            #expect(found.map(\.digest) == [artifact.digest])
            let bytes = try store.read(artifact.digest)
            #expect(registry.manifest("x", "\(artifact.digest)") == bytes)
          }
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
