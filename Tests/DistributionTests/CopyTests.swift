import Content
import Linux
import OCI
import SystemPackage
import TestSupport
import Testing

@testable import Distribution

/// Copies between registries, layouts and archives.
@Suite("copies of images")
struct CopyTests {
  private static func place(_ text: String) throws -> ImagePlace {
    try ImagePlace(parsing: text, registries: RegistriesConfiguration())
  }

  /// Copies once with a client of its own.
  @discardableResult
  static func copy(
    _ source: String, _ destination: String, platforms: [Platform]? = nil, settings: RegistrySettings = .forTests(),
    referrers: Bool = false, progress: @escaping @Sendable (CopyEvent) -> Void = { _ in }
  ) async throws -> ImageCopy.Report {
    try await withRegistryClient(settings) { client in
      let origin = try await place(source).source(client)
      return try await place(destination).withDestination(client) { target in
        var copy = ImageCopy(from: origin, to: target, platforms: platforms)
        copy.withReferrers = referrers
        return try await copy.run(progress: progress)
      }
    }
  }

  /// Checks that a layout has an image with everything that belongs to it, byte for byte as in a store.
  private static func expectSame(_ path: FilePath, _ root: Descriptor, as store: ContentStore) throws {
    let closure = try ImageClosure(of: root, in: store)
    for blob in closure.blobs + closure.manifests {
      let name = "blobs/\(blob.digest.algorithm.rawValue)/\(blob.digest.hex)"
      let file = try Directory(at: path).file(name)
      defer { file.closeQuietly() }
      #expect(try file.readAll(limit: 64 << 20) == store.read(blob.digest, limit: 64 << 20))
    }
  }

  @Test("an index goes through a registry, another one, an archive and a layout, and is the same at the end")
  func roundTrip() async throws {
    let (first, second) = (MemoryRegistry(), MemoryRegistry())
    try await withTemporaryStore { store in
      var fixture = ImageFixture(store: store, seed: 61)
      let shared = try fixture.layer(size: 5 << 20)
      let index = try fixture.index(platforms: ["amd64", "arm64", "riscv64"], base: [shared], layerSize: 70_000)
      try store.setReference("v1", to: index)
      try await ScriptedServer.with {
        first.answer($0)
      } _: { one in
        try await ScriptedServer.with {
          second.answer($0)
        } _: { two in
          try await withTemporaryDirectory { directory, _ in
            let (archive, layout) = ("\(directory)/image.tar", directory.appending("layout"))
            let reports = [
              try await Self.copy("oci:\(store.root):v1", "\(one.name)/team/app:v1"),
              try await Self.copy("docker://\(one.name)/team/app:v1", "docker://\(two.name)/app:v2"),
              try await Self.copy("\(two.name)/app:v2", "oci-archive:\(archive):v3"),
              try await Self.copy("oci-archive:\(archive):v3", "oci:\(layout):v4"),
            ]
            #expect(reports.allSatisfy { $0.root.digest == index.digest && $0.counts == [.sent: 10] })
            #expect(reports[1].published == "\(two.name)/app@\(index.digest)")
            #expect(reports[3].published == "oci:\(layout)@\(index.digest)")
            try Self.expectSame(layout, index, as: store)
            #expect(try ImageLayout.open(layout).entry(.name("v4")).digest == index.digest)
            let again = try await Self.copy("\(one.name)/team/app:v1", "\(two.name)/app:v2")
            #expect(again.counts == [.present: 10])
          }
        }
      }
    }
    #expect(first.violations == [])
    #expect(second.violations == [])
  }

  @Test("within one registry blobs are mounted and not sent")
  func mounts() async throws {
    let registry = MemoryRegistry()
    try await withTemporaryStore { store in
      var fixture = ImageFixture(store: store, seed: 62)
      let index = try fixture.index(platforms: ["amd64", "arm64"])
      try FaultTests.fill(registry, with: index, from: store)
      try await ScriptedServer.with {
        registry.answer($0)
      } _: { server in
        let report = try await Self.copy("\(server.name)/app:t", "\(server.name)/other/app:new")
        #expect(report.counts == [.mounted: 6])
        #expect(report.sentBytes == 0)
        #expect(!server.requests.contains { $0.method == "GET" && $0.path.contains("/blobs/") })
        #expect(try registry.manifest("other/app", "new") == store.read(index.digest))
      }
    }
    #expect(registry.violations == [])
  }

  @Test("platforms make a new index whose entries are unchanged; a missing one is named with those there are")
  func platforms() async throws {
    let registry = MemoryRegistry()
    try await withTemporaryStore { store in
      var fixture = ImageFixture(store: store, seed: 63)
      let index = try fixture.index(platforms: ["amd64", "arm64", "riscv64"])
      try store.setReference("v1", to: index)
      try await ScriptedServer.with {
        registry.answer($0)
      } _: { server in
        let chosen = [Platform(architecture: "riscv64"), Platform(architecture: "amd64")]
        let report = try await Self.copy("oci:\(store.root):v1", "\(server.name)/app:t", platforms: chosen)
        #expect(report.counts == [.sent: 6])
        let bytes = try #require(registry.manifest("app", "t"))
        let subset = try CanonicalJSON.decode(Index.self, from: bytes)
        let all = try store.index(index).manifests
        #expect(subset.manifests == [all[0], all[2]])
        let error = await #expect(throws: RegistryError.self) {
          try await Self.copy(
            "oci:\(store.root):v1", "\(server.name)/app:u", platforms: [Platform(architecture: "s390x")])
        }
        #expect(error?.why == ["it has: linux/amd64, linux/arm64, linux/riscv64"])
        #expect(registry.manifest("app", "u") == nil)
        let image = try await Self.copy(
          "\(server.name)/app@\(all[0].digest)", "\(server.name)/single:t", platforms: [chosen[1]])
        #expect(image.root.digest == all[0].digest)
      }
    }
  }

  @Test("layouts of other projects come back byte for byte", arguments: try Layouts.all())
  func layouts(entry: Layouts.Entry) async throws {
    let registry = MemoryRegistry()
    try await ScriptedServer.with {
      registry.answer($0)
    } _: { server in
      try await withTemporaryDirectory { directory, _ in
        let copy = directory.appending("copy")
        let there = try await Self.copy("oci:\(entry.path)@\(entry.digest)", "\(server.name)/app:t")
        let back = try await Self.copy("\(server.name)/app:t", "oci:\(copy):t")
        #expect(there.root.digest == entry.digest)
        #expect(back.root.digest == entry.digest)
        let blobs = try Directory(at: copy.pushing("blobs/sha256")).entries()
        #expect(blobs.count == there.counts.values.reduce(0, +) + there.manifests)
        for blob in blobs {
          let name = "blobs/sha256/" + String(decoding: blob.name, as: UTF8.self)
          #expect(try Layouts.bytes(copy, name) == Layouts.bytes(entry.path, name))
        }
      }
    }
    #expect(registry.violations == [])
  }

  @Test("a chunk that a proxy finds too large is sent in smaller ones")
  func smallerChunks() async throws {
    var features = MemoryRegistry.Features()
    features.largestRequest = 5 << 20
    let registry = MemoryRegistry(features)
    try await withTemporaryStore { store in
      var fixture = ImageFixture(store: store, seed: 64)
      let index = try fixture.index(platforms: ["amd64"], base: [try fixture.layer(size: 18 << 20)])
      try store.setReference("v1", to: index)
      try await ScriptedServer.with {
        registry.answer($0)
      } _: { server in
        try await Self.copy("oci:\(store.root):v1", "\(server.name)/app:t")
        #expect(try registry.manifest("app", "t") == store.read(index.digest))
        let chunks = server.requests.filter { $0.method == "PATCH" && $0.body.count <= 5 << 20 }
        #expect(chunks.count == 5)
      }
    }
    #expect(registry.violations == [])
  }

  @Test("damaged sources are refused and nothing is published", arguments: ["flipped", "short", "missing"])
  func damaged(kind: String) async throws {
    let registry = MemoryRegistry()
    try await withTemporaryStore { store in
      var fixture = ImageFixture(store: store, seed: 65)
      let layer = try fixture.layer(size: 100_000)
      let index = try fixture.index(platforms: ["amd64"], base: [layer])
      try store.setReference("v1", to: index)
      var bytes = try store.read(layer.digest)
      bytes[50_000] ^= 1
      let file = try FileDescriptor.open(store.path(of: layer.digest), .writeOnly, options: [.truncate])
      try file.closeAfter { _ = try file.writeAll(kind == "short" ? Array(bytes.prefix(10)) : bytes) }
      if kind == "missing" { try Directory(at: store.root.pushing("blobs/sha256")).removeFile(layer.digest.hex) }
      try await ScriptedServer.with {
        registry.answer($0)
      } _: { server in
        await #expect(throws: (any Error).self) {
          try await Self.copy("oci:\(store.root):v1", "\(server.name)/app:t")
        }
        #expect(registry.manifest("app", "t") == nil)
        #expect(registry.blob("app", "\(layer.digest)") == nil)
        try await withTemporaryDirectory { directory, handle in
          await #expect(throws: (any Error).self) {
            try await Self.copy("oci:\(store.root):v1", "oci-archive:\(directory)/x.tar")
          }
          let leftovers = try handle.entries()
          #expect(leftovers.isEmpty)
        }
      }
    }
  }
}

/// Layouts that other projects publish for tests.
enum Layouts {
  struct Entry: Sendable, CustomTestStringConvertible {
    let path: FilePath
    let digest: Digest

    var testDescription: String { "\(path.lastComponent?.string ?? "") \(digest.short)" }
  }

  static let root = FilePath(#filePath).removingLastComponent().pushing("Fixtures/layouts")

  /// An index of Docker's type that lists OCI manifests, which some registries refuse.
  static let mixed = Digest("sha256:2b29a2b8dea3af91ea7d0154be1da0c92d55ddd098540930fc8d3db7de377fdb")

  /// What the index.json of every layout lists.
  static func all() throws -> [Entry] {
    try Directory(at: root).entries().filter { $0.kind == .directory }.flatMap { entry in
      let path = root.appending(String(decoding: entry.name, as: UTF8.self))
      return try ImageLayout.open(path).index().manifests.map { Entry(path: path, digest: $0.digest) }
    }
  }

  static func bytes(_ layout: FilePath, _ name: String) throws -> [UInt8] {
    let file = try Directory(at: layout).file(name)
    defer { file.closeQuietly() }
    return try file.readAll(limit: 1 << 20)
  }
}
