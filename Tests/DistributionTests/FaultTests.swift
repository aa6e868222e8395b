import Content
import Linux
import OCI
import Synchronization
import TestSupport
import Testing

@testable import Distribution

/// Kinds of fault that pass, each shown once or twice to each kind of request.
@Suite("faults of registries")
struct FaultTests {
  enum Fault: String, CaseIterable, Sendable {
    case unavailable, tooMany, hangUp, truncated, corrupted, silence
  }

  @Test("a pull survives passing faults of every request, and stores nothing wrong", arguments: Fault.allCases, [1, 2])
  func pull(fault: Fault, times: Int) async throws {
    try await withTemporaryStore { store in
      var fixture = ImageFixture(store: store, seed: 31)
      let index = try fixture.index(platforms: ["amd64"], layerSize: 100_000)
      let registry = MemoryRegistry()
      try Self.fill(registry, with: index, from: store)
      let seen = Mutex<[String: Int]>([:])
      try await ScriptedServer.with { request in
        let key = request.method + request.path
        let count = seen.withLock { seen in
          seen[key, default: 0] += 1
          return seen[key] ?? 0
        }
        let answer = registry.answer(request)
        return count <= times ? Self.disturbed(answer, by: fault) : answer
      } _: { server in
        try await withTemporaryStore { copy in
          let reference = try Reference(parsing: "\(server.name)/app:t")
          let image = try await withRegistryClient(Self.settings(for: fault)) {
            try await $0.pull(reference, platform: Platform(architecture: "amd64"), into: copy)
          }
          for blob in try ImageClosure(of: image.root, in: copy).blobs {
            #expect(try copy.read(blob.digest) == store.read(blob.digest))
          }
          // One index, one manifest, one config and two layers, each repeated as often as it was disturbed.
          #expect(server.requests.count == 5 * (times + 1) || fault == .silence)
        }
      }
    }
  }

  @Test(
    "a push survives passing faults of every request", arguments: [Fault.unavailable, .tooMany, .hangUp, .silence],
    [1, 2])
  func push(fault: Fault, times: Int) async throws {
    try await withTemporaryStore { store in
      var fixture = ImageFixture(store: store, seed: 32)
      let index = try fixture.index(platforms: ["amd64"], layerSize: 100_000)
      let registry = MemoryRegistry()
      let seen = Mutex<[String: Int]>([:])
      try await ScriptedServer.with { request in
        let key = request.method + request.path.split(separator: "/").dropLast().joined()
        let count = seen.withLock { seen in
          seen[key, default: 0] += 1
          return seen[key] ?? 0
        }
        return count <= times ? Self.disturbed(.text(500, ""), by: fault) : registry.answer(request)
      } _: { server in
        let reference = try Reference(parsing: "\(server.name)/app:t")
        try await publish([(reference, index)], from: store, settings: Self.settings(for: fault))
        #expect(try registry.manifest("app", "t") == store.read(index.digest))
      }
    }
  }

  @Test("lasting faults end in an error that names the request and holds no secret", arguments: Fault.allCases)
  func lasting(fault: Fault) async throws {
    try await withTemporaryStore { store in
      var fixture = ImageFixture(store: store, seed: 33)
      let index = try fixture.index(platforms: ["amd64"], layerSize: 100_000)
      let registry = MemoryRegistry()
      try Self.fill(registry, with: index, from: store)
      try await ScriptedServer.with { request in
        request.path.contains("/blobs/")
          ? Self.disturbed(registry.answer(request), by: fault) : registry.answer(request)
      } _: { server in
        try await withTemporaryStore { copy in
          let reference = try Reference(parsing: "\(server.name)/app:t")
          let error = await #expect(throws: RegistryError.self) {
            try await withRegistryClient(Self.settings(for: fault)) {
              try await $0.pull(reference, platform: Platform(architecture: "amd64"), into: copy)
            }
          }
          #expect(error?.place?.hasPrefix("GET http://\(server.name)/v2/app/blobs/sha256:") == true)
          #expect(error?.why.last?.hasPrefix("tried 6 times, with ") == true)
          let manifest = try #require(copy.index(index).manifests.first)
          let config = try copy.manifest(manifest).config
          #expect(copy.size(of: config.digest) == nil)
        }
      }
    }
  }

  @Test("answers that waiting does not mend are not repeated", arguments: [400, 401, 403, 404, 405, 501])
  func permanent(status: Int) async throws {
    try await ScriptedServer.with { _ in
      .text(status, #"{"errors":[{"code":"DENIED","message":"no \u001b[31mway"}]}"#)
    } _: { server in
      let error = await #expect(throws: RegistryError.self) {
        try await withRegistryClient(.forTests()) { try await $0.resolve(Reference(parsing: "\(server.name)/a:t")) }
      }
      #expect(error?.kind == .status(status))
      #expect(error.map { "\($0)".contains("\u{1b}") } == false)
      #expect(server.requests.count == 1)
    }
  }

  @Test("Retry-After decides the wait")
  func retryAfter() async throws {
    let registry = MemoryRegistry()
    registry.putManifest(Array(#"{"schemaVersion":2,"manifests":[]}"#.utf8), type: .index, repository: "a", tag: "t")
    let isFirst = Mutex(true)
    let waits = Collected<Duration>()
    try await ScriptedServer.with { request in
      let first = isFirst.withLock { value in
        defer { value = false }
        return value
      }
      return first ? .text(429, "", headers: ["Retry-After": "17"]) : registry.answer(request)
    } _: { server in
      var settings = RegistrySettings.forTests()
      settings.retry.sleep = { waits.append($0) }
      _ = try await withRegistryClient(settings) { try await $0.resolve(Reference(parsing: "\(server.name)/a:t")) }
    }
    #expect(waits.values == [.seconds(17)])
  }

  @Test("a cancelled pull ends at once and leaves nothing behind")
  func cancellation() async throws {
    try await withTemporaryStore { store in
      var fixture = ImageFixture(store: store, seed: 34)
      let index = try fixture.index(platforms: ["amd64"], layerSize: 3 << 20)
      let registry = MemoryRegistry()
      try Self.fill(registry, with: index, from: store)
      let stalled = AsyncStream<Void>.makeStream()
      try await ScriptedServer.with { request in
        guard request.path.contains("/blobs/") else { return registry.answer(request) }
        stalled.continuation.yield()
        return .silence
      } _: { server in
        try await withTemporaryStore { copy in
          let reference = try Reference(parsing: "\(server.name)/app:t")
          await #expect(throws: CancellationError.self) {
            try await withThrowingTaskGroup(of: Void.self) { group in
              group.addTask {
                try await withRegistryClient(.forTests()) {
                  _ = try await $0.pull(reference, platform: Platform(architecture: "amd64"), into: copy)
                }
              }
              for await _ in stalled.stream { break }
              group.cancelAll()
              try await group.waitForAll()
            }
          }
          let leftovers = try Directory(at: copy.root.appending("ingest")).entries()
          #expect(leftovers.isEmpty)
        }
      }
    }
  }

  @Test(
    "a source goes on where a fault interrupted it, even at a server that knows no ranges", arguments: [true, false])
  func source(knowsRanges: Bool) async throws {
    try await withTemporaryStore { store in
      var fixture = ImageFixture(store: store, seed: 35)
      let blob = try fixture.layer(size: 1 << 20)
      let registry = MemoryRegistry()
      registry.putBlob(try store.read(blob.digest), repository: "app")
      for fault in [Fault.unavailable, .hangUp, .truncated] {
        let isFirst = Mutex(true)
        try await ScriptedServer.with { request in
          let first = isFirst.withLock { value in
            defer { value = false }
            return value
          }
          let answer = registry.answer(knowsRanges ? request : request.without("range"))
          return first ? Self.disturbed(answer, by: fault) : answer
        } _: { server in
          let reference = try Reference(parsing: "\(server.name)/app:t")
          var bytes: [UInt8] = []
          try await withRegistryClient(.forTests()) { client in
            try await RegistryImage(reference, client: client).read(blob) { bytes += $0 }
          }
          let whole = try store.read(blob.digest)
          #expect(bytes == whole)
          #expect(server.requests.count == 2)
          let range = server.requests.last?.headers["range"]
          #expect((range != nil) == (fault == .truncated))
        }
      }
    }
  }

  @Test("nobody listens: the error says so and what to do")
  func refused() async throws {
    let port = try Loopback.freePort()
    let error = await #expect(throws: RegistryError.self) {
      try await withRegistryClient(.forTests()) { try await $0.resolve(Reference(parsing: "localhost:\(port)/a:t")) }
    }
    #expect(error?.kind == .unreachable)
    #expect(error?.help?.contains("is it running") == true)
  }

  private static func settings(for fault: Fault) -> RegistrySettings {
    var settings = RegistrySettings.forTests()
    // Only where silence is the point is it waited for; a loaded machine may be silent for a while, too.
    if fault == .silence { settings.stallTimeout = .seconds(4) }
    return settings
  }

  /// Puts an image and everything it needs under `app:t`.
  static func fill(_ registry: MemoryRegistry, with root: Descriptor, from store: ContentStore) throws {
    let closure = try ImageClosure(of: root, in: store)
    for blob in closure.blobs { registry.putBlob(try store.read(blob.digest), repository: "app") }
    for manifest in closure.manifests {
      registry.putManifest(
        try store.read(manifest.digest), type: manifest.mediaType, repository: "app", tag: "t")
    }
  }

  private static func disturbed(_ answer: ScriptedServer.Answer, by fault: Fault) -> ScriptedServer.Answer {
    guard case .response(let status, let headers, let body) = answer else { return answer }
    switch fault {
    case .unavailable: return .text(503, "<html>overloaded</html>")
    case .tooMany: return .text(429, "", headers: ["Retry-After": "1"])
    case .hangUp: return .hangUp
    case .silence: return .silence
    case .truncated: return .truncated(status: status, headers: headers, body: body, count: body.count / 2)
    case .corrupted:
      var damaged = body
      damaged[damaged.count / 2] ^= 1
      return .response(status: status, headers: headers, body: damaged)
    }
  }
}
