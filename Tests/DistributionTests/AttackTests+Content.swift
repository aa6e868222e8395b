import Content
import Linux
import OCI
import Synchronization
import TestSupport
import Testing

@testable import Distribution

extension AttackTests {
  private static let emptyDigest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

  func malformedDigests() async throws {
    for digest in ["sha256:../../../../etc/passwd", "x/../../y:0000", "sha256:ABC", "md5:d41d8cd9", ""] {
      try await ScriptedServer.with { _ in
        Self.manifest(
          """
          {"schemaVersion":2,"mediaType":"\(MediaType.manifest)","config":{"mediaType":"\(MediaType.config)",\
          "digest":"\(Self.emptyDigest)","size":2},"layers":[{"mediaType":"\(MediaType.layer)","digest":"\(digest)","size":3}]}
          """)
      } _: { server in
        try await refusal("\(server.name)/app:t")
        #expect(server.requests.allSatisfy { $0.path == "/v2/app/manifests/t" })
      }
    }
  }

  func otherManifest() async throws {
    let digest = try #require(Digest(Self.emptyDigest))
    try await ScriptedServer.with { _ in
      Self.manifest(#"{"schemaVersion":2,"manifests":[]}"#, type: .index)
    } _: { server in
      try await refusal("\(server.name)/app@\(digest)", expecting: digest)
    }
  }

  func otherBlobs() async throws {
    let changes: [@Sendable ([UInt8]) -> [UInt8]] = [
      { bytes in bytes.enumerated().map { $0.offset == 700 ? $0.element ^ 1 : $0.element } },
      { Array($0.dropLast()) }, { $0 + [0] }, { _ in [] },
    ]
    for change in changes {
      let name = Mutex("")
      try await withImage(seed: 81) { request, registry in
        let answer = registry.answer(request)
        guard request.path.hasSuffix(name.withLock { $0 }), case .response(let status, let headers, let body) = answer
        else { return answer }
        return .response(status: status, headers: headers, body: change(body))
      } _: { server, _, layer, _ in
        name.withLock { $0 = layer.digest.description }
        try await refusal("\(server.name)/app:t", expecting: layer.digest)
        let asked = server.requests.filter { $0.path.hasSuffix(layer.digest.description) }.count
        #expect((2...48).contains(asked))
      }
    }
    // The descriptor itself lies about the size.
    try await withImage(seed: 82) { request, registry in
      guard request.path.hasSuffix("/manifests/t"), let bytes = registry.manifest("app", "t") else {
        return registry.answer(request)
      }
      return Self.manifest(String(decoding: bytes, as: UTF8.self).replacing(#""size":5"#, with: #""size":6"#))
    } _: { server, _, layer, _ in
      try await refusal("\(server.name)/app:t", expecting: layer.digest)
    }
  }

  func confusedTypes() async throws {
    let both = """
      {"schemaVersion":2,"config":{"mediaType":"\(MediaType.config)","digest":"\(Self.emptyDigest)","size":2},\
      "layers":[],"manifests":[]}
      """
    try await ScriptedServer.with { _ in
      Self.manifest(both)
    } _: {
      try await refusal("\($0.name)/app:t")
    }
    let index = #"{"schemaVersion":2,"mediaType":"\#(MediaType.index)","manifests":[]}"#
    try await ScriptedServer.with { _ in
      Self.manifest(index, type: .manifest)
    } _: {
      try await refusal("\($0.name)/app:t")
    }
    // The type changes between two questions: in one run there is one answer.
    let count = Mutex(0)
    try await ScriptedServer.with { _ in
      let number = count.withLock { count in
        count += 1
        return count
      }
      return Self.manifest(#"{"schemaVersion":2,"manifests":[]}"#, type: number == 1 ? .index : .dockerIndex)
    } _: { server in
      try await withRegistryClient(.forTests()) { client in
        let reference = try Reference(parsing: "\(server.name)/app:t")
        let answers = [try await client.resolve(reference), try await client.resolve(reference)]
        #expect(answers.map(\.descriptor.mediaType) == [.index, .index])
      }
      #expect(server.requests.count == 1)
    }
  }

  func endlessIndexes() async throws {
    let registry = MemoryRegistry()
    var child = Descriptor(mediaType: .index, digest: try #require(Digest(Self.emptyDigest)), size: 2)
    for _ in 0..<100 {
      child.platform = Platform(architecture: "amd64")
      let bytes = try CanonicalJSON.encode(Index(manifests: [child]))
      registry.putManifest(bytes, type: .index, repository: "deep", tag: "t")
      child = Descriptor(
        mediaType: .index, digest: RunningDigest.digest(of: bytes, .sha256), size: Int64(bytes.count))
    }
    let wide = Index(
      manifests: (0..<10_000).map { number in
        let digest = RunningDigest.digest(of: Array("\(number)".utf8), .sha256)
        var entry = Descriptor(mediaType: .manifest, digest: digest, size: 500)
        entry.platform = Platform(architecture: "amd64")
        return entry
      })
    registry.putManifest(try CanonicalJSON.encode(wide), type: .index, repository: "wide", tag: "t")
    // An index cannot hold its own digest; this one claims that any digest is it.
    let own =
      #"{"schemaVersion":2,"mediaType":"\#(MediaType.index)","manifests":[{"mediaType":"\#(MediaType.index)","#
      + #""digest":"\#(Self.emptyDigest)","size":300,"platform":{"os":"linux","architecture":"amd64"}}]}"#
    try await ScriptedServer.with { request in
      request.path.contains("/loop/") ? Self.manifest(own, type: .index) : registry.answer(request)
    } _: { server in
      for name in ["deep", "wide", "loop"] {
        let before = server.requests.count
        try await refusal("\(server.name)/\(name):t")
        #expect(server.requests.count - before <= 40, "\(name)")
      }
    }
  }

  func hugeManifest() async throws {
    try await ScriptedServer.with { _ in
      .truncated(status: 200, body: [UInt8](repeating: 0x20, count: 100 << 20), count: 100 << 20)
    } _: { server in
      try await refusal("\(server.name)/app:t")
      #expect(server.requests.count == 2)
    }
  }

  func foreignLayer() async throws {
    try await ScriptedServer.with { request in
      .text(401, "", headers: ["WWW-Authenticate": #"Bearer realm="http://\#(request.headers["host"] ?? "")/token""#])
    } _: { evil in
      try await withTemporaryStore { store in
        var fixture = ImageFixture(store: store, seed: 83)
        var layer = try fixture.layer()
        layer.urls = ["http://\(evil.name)/layer"]
        let image = try fixture.image(Platform(architecture: "amd64"), layers: [layer])
        let registry = MemoryRegistry()
        registry.putManifest(try store.read(image.digest), type: .manifest, repository: "app", tag: "t")
        registry.putBlob(try store.read(store.manifest(image).config.digest), repository: "app")
        try await ScriptedServer.with {
          registry.answer($0)
        } _: { server in
          try await withCredentials(for: server) { settings in
            try await withTemporaryStore { copy in
              _ = await #expect(throws: RegistryError.self) {
                try await withRegistryClient(settings) {
                  try await $0.pull(
                    Reference(parsing: "\(server.name)/app:t"), platform: Platform(architecture: "amd64"), into: copy)
                }
              }
            }
            // A copy leaves the layer where it says that it lives.
            try await CopyTests.copy("\(server.name)/app:t", "\(server.name)/copy:t", settings: settings)
            #expect(try registry.manifest("copy", "t") == store.read(image.digest))
          }
        }
      }
      #expect(evil.requests.isEmpty)
    }
  }

  func movingTag() async throws {
    let registry = MemoryRegistry()
    try await withTemporaryStore { store in
      var fixture = ImageFixture(store: store, seed: 84)
      let (first, second) = (
        try fixture.index(platforms: ["amd64", "arm64"]), try fixture.index(platforms: ["amd64", "arm64"])
      )
      try FaultTests.fill(registry, with: second, from: store)
      try FaultTests.fill(registry, with: first, from: store)
      let moved = try store.read(second.digest)
      try await ScriptedServer.with { request in
        let answer = registry.answer(request)
        if request.path.hasSuffix("/manifests/t") {
          registry.putManifest(moved, type: .index, repository: "app", tag: "t")
        }
        return answer
      } _: { server in
        let reference = try Reference(parsing: "\(server.name)/app:t")
        try await withTemporaryStore { copy in
          try await withRegistryClient(.forTests()) { client in
            for name in ["amd64", "arm64"] {
              let image = try await client.pull(reference, platform: Platform(architecture: name), into: copy)
              #expect(image.root.digest == first.digest)
            }
          }
        }
        #expect(server.requests.filter { $0.path.hasSuffix("/manifests/t") }.count == 1)
      }
    }
  }
}
