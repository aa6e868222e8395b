import Content
import Linux
import OCI
import SystemPackage
import TestSupport
import Testing

@testable import Distribution

/// Against Debian's `docker-registry`.
@Suite("a real registry", .enabled(if: Tool.areInstalled("docker-registry"), "needs the package docker-registry"))
struct RoundTripTests {
  @Test("what is pushed is pulled byte for byte; a second push sends nothing")
  func roundTrip() async throws {
    try await RegistryFixture.with { registry in
      try await withTemporaryStore { store in
        var fixture = ImageFixture(store: store, seed: 1)
        // One layer larger than several pieces of an upload.
        let large = try fixture.layer(size: 3 << 20 | 12_345)
        let index = try fixture.index(platforms: ["amd64", "arm64", "arm/v7"], base: [large])
        let reference = try Reference(parsing: "\(registry.name)/team/app:v1")
        let first = try await publish([(reference, index)], from: store)
        #expect(first.published == [reference.pinned(index.digest)])
        #expect(first.counts == [.sent: 10])
        #expect(first.sentBytes == first.totalBytes)
        let second = try await publish([(reference, index)], from: store)
        #expect(second.counts == [.present: 10])
        #expect(second.sentBytes == 0)

        try await withTemporaryStore { copy in
          let image = try await withRegistryClient(.forTests()) { client in
            try await client.pull(reference, platform: Platform(architecture: "arm64"), into: copy)
          }
          #expect(image.kind == .index)
          #expect(image.pinned == reference.pinned(index.digest))
          #expect(image.manifest.platform == Platform(architecture: "arm64"))
          let closure = try ImageClosure(of: image.manifest, in: copy)
          #expect(closure.blobs.count == 4)
          for blob in closure.blobs + closure.manifests + [image.root] {
            #expect(try copy.read(blob.digest) == store.read(blob.digest))
          }
          // No other platform's layers came along.
          let other = try #require(store.index(index).entry(for: Platform(architecture: "amd64")))
          #expect(!copy.contains(other))
        }
      }
    }
  }

  @Test("a blob that several repositories share is sent once and mounted")
  func mounts() async throws {
    try await RegistryFixture.with { registry in
      try await withTemporaryStore { store in
        var fixture = ImageFixture(store: store, seed: 2)
        let base = try fixture.layer(size: 200_000)
        var items: [(Reference, Descriptor)] = []
        for name in ["base", "one", "two", "three"] {
          let index = try fixture.index(platforms: ["amd64", "arm64"], base: [base])
          items.append((try Reference(parsing: "\(registry.name)/set/\(name):t"), index))
        }
        let report = try await publish(items, from: store)
        #expect(report.counts == [.sent: 1 + 4 * 6, .mounted: 3])
        #expect(report.totalBytes == report.sentBytes + 3 * base.size)
        for (reference, index) in items {
          let tags = try await withRegistryClient(.forTests()) { try await $0.tags(of: reference) }
          #expect(tags == [Tag("t")])
          let found = try await withRegistryClient(.forTests()) { try await $0.resolve(reference) }
          #expect(found.descriptor == index)
        }
      }
    }
  }

  @Test("several pulls at once download each blob once")
  func sharedDownloads() async throws {
    try await RegistryFixture.with { registry in
      try await withTemporaryStore { store in
        var fixture = ImageFixture(store: store, seed: 3)
        let base = try fixture.layer(size: 500_000)
        let index = try fixture.index(platforms: ["amd64", "arm64"], base: [base])
        let reference = try Reference(parsing: "\(registry.name)/a:t")
        try await publish([(reference, index)], from: store)
        let received = Collected<Digest>()
        try await withTemporaryStore { copy in
          try await withRegistryClient(.forTests()) { client in
            try await forEach(["amd64", "arm64", "amd64", "arm64", "amd64"], atMost: 5) { name in
              _ = try await client.pull(reference, platform: Platform(architecture: name), into: copy) { event in
                if case .received(let blob) = event { received.append(blob.digest) }
              }
            }
          }
        }
        #expect(Set(received.values).count == received.values.count)
        #expect(received.values.filter { $0 == base.digest }.count == 1)
      }
    }
  }

  @Test("a missing platform lists the platforms there are")
  func missingPlatform() async throws {
    try await RegistryFixture.with { registry in
      try await withTemporaryStore { store in
        var fixture = ImageFixture(store: store, seed: 4)
        let index = try fixture.index(platforms: ["amd64", "arm/v7"])
        let single = try fixture.image(Platform(architecture: "arm64"), layers: [fixture.layer()])
        let reference = try Reference(parsing: "\(registry.name)/a:t")
        let alone = try Reference(parsing: "\(registry.name)/b:t")
        try await publish([(reference, index), (alone, single)], from: store)
        try await withTemporaryStore { copy in
          try await withRegistryClient(.forTests()) { client in
            for (name, available) in [(reference, "linux/amd64, linux/arm/v7"), (alone, "linux/arm64")] {
              let error = await #expect(throws: RegistryError.self) {
                try await client.pull(name, platform: Platform(architecture: "s390x"), into: copy)
              }
              #expect(error?.kind == .platform)
              #expect(error?.why == ["it has: \(available)"])
            }
            let image = try await client.pull(alone, platform: Platform(architecture: "arm64"), into: copy)
            #expect(image.kind == .manifest && image.manifest.platform == Platform(architecture: "arm64"))
          }
        }
      }
    }
  }

  @Test("what vanishes at the destination before the tags move leaves the tags as they were")
  func incomplete() async throws {
    try await RegistryFixture.with { registry in
      try await withTemporaryStore { store in
        var fixture = ImageFixture(store: store, seed: 5)
        let names = try ["a", "b"].map { try Reference(parsing: "\(registry.name)/\($0):t") }
        let old = [try fixture.index(platforms: ["amd64"]), try fixture.index(platforms: ["amd64"])]
        try await publish(Array(zip(names, old)), from: store)
        let lost = try fixture.layer(size: 4321)
        let new = [
          try fixture.index(platforms: ["amd64"]), try fixture.index(platforms: ["amd64"], base: [lost]),
        ]
        let storage = registry.storage
        let error = await #expect(throws: RegistryError.self) {
          try await withRegistryClient(.forTests()) { client in
            try await Publication(zip(names, new).map { Publication.Item(reference: $0, image: $1) })
              .run(with: client, from: store) { event in
                guard case .verifying = event else { return }
                let blobs = storage.appending("docker/registry/v2/blobs/sha256/\(lost.digest.hex.prefix(2))")
                try? Directory(at: blobs).removeTree(lost.digest.hex)
              }
          }
        }
        #expect(error?.kind == .incomplete)
        for (name, index) in zip(names, old) {
          let now = try await withRegistryClient(.forTests()) { try await $0.resolve(name) }
          #expect(now.descriptor == index)
        }
      }
    }
  }

  @Test("a blob missing in the store fails before any tag moves")
  func missingInStore() async throws {
    try await RegistryFixture.with { registry in
      try await withTemporaryStore { store in
        var fixture = ImageFixture(store: store, seed: 6)
        let layer = try fixture.layer()
        let broken = try fixture.index(platforms: ["amd64"], base: [layer])
        let whole = try fixture.index(platforms: ["amd64"])
        try Directory(at: store.root.appending("blobs/sha256")).removeFile(layer.digest.hex)
        let names = try ["a", "b"].map { try Reference(parsing: "\(registry.name)/\($0):t") }
        await #expect(throws: ContentError.missing(layer.digest)) {
          try await publish([(names[0], whole), (names[1], broken)], from: store)
        }
        let error = await #expect(throws: RegistryError.self) {
          try await withRegistryClient(.forTests()) { try await $0.resolve(names[0]) }
        }
        #expect(error?.kind == .status(404))
      }
    }
  }

  @Test("Docker's media types are accepted and kept")
  func dockerTypes() async throws {
    try await RegistryFixture.with { registry in
      try await withTemporaryStore { store in
        var fixture = ImageFixture(store: store, seed: 7)
        let layer = try fixture.layer()
        let image = try fixture.image(
          Platform(architecture: "amd64"), layers: [layer], manifestType: .dockerManifest)
        let reference = try Reference(parsing: "\(registry.name)/docker:t")
        try await publish([(reference, image)], from: store)
        try await withTemporaryStore { copy in
          let pulled = try await withRegistryClient(.forTests()) {
            try await $0.pull(reference, platform: Platform(architecture: "amd64"), into: copy)
          }
          #expect(pulled.manifest == image)
          #expect(try copy.read(image.digest) == store.read(image.digest))
        }
      }
    }
  }
}

/// Publishes with a client of its own, as a new run would.
@discardableResult
func publish(
  _ items: [(Reference, Descriptor)], from store: ContentStore, settings: RegistrySettings = .forTests()
) async throws -> Publication.Report {
  try await withRegistryClient(settings) { client in
    try await Publication(items.map { Publication.Item(reference: $0.0, image: $0.1) }).run(with: client, from: store)
  }
}
