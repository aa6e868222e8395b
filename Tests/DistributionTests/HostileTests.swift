import Content
import OCI
import TestSupport
import Testing
import struct Crypto.SHA256

@testable import Distribution

@Suite("hostile registries")
struct HostileTests {
  private static let manifest = Array(#"{"schemaVersion":2,"manifests":[]}"#.utf8)

  @Test("other bytes than the digest asked for are refused and not stored")
  func wrongManifest() async throws {
    let digest = Digest(sha256: SHA256.hash(data: Array("other".utf8)))
    try await withTemporaryStore { store in
      try await ScriptedServer.with { _ in
        .response(status: 200, headers: ["Content-Type": MediaType.index.rawValue], body: Self.manifest)
      } _: { server in
        let reference = try Reference(parsing: "\(server.name)/a@\(digest)")
        let error = await #expect(throws: RegistryError.self) {
          try await withRegistryClient(.forTests()) {
            try await $0.pull(reference, platform: Platform(architecture: "amd64"), into: store)
          }
        }
        #expect(error?.kind == .corrupt)
        #expect(store.size(of: digest) == nil)
        #expect(store.size(of: Digest(sha256: SHA256.hash(data: Self.manifest))) == nil)
      }
    }
  }

  @Test("a manifest without end stops at 4 MiB")
  func hugeManifest() async throws {
    try await ScriptedServer.with { _ in
      .truncated(status: 200, body: [UInt8](repeating: 0x20, count: 64 << 20), count: 64 << 20)
    } _: { server in
      let error = await #expect(throws: RegistryError.self) {
        try await withRegistryClient(.forTests()) { try await $0.resolve(Reference(parsing: "\(server.name)/a:t")) }
      }
      #expect(error?.why.first == "the manifest is larger than 4 MiB")
      #expect(server.requests.count == 1)
    }
  }

  @Test("credentials do not follow a redirect to another port; the answer is still verified")
  func redirect() async throws {
    try await ScriptedServer.with { _ in
      .response(status: 200, headers: ["Content-Type": MediaType.index.rawValue], body: Self.manifest)
    } _: { other in
      let name = other.name
      try await ScriptedServer.with { request in
        request.headers["authorization"] == nil
          ? .text(401, "", headers: ["WWW-Authenticate": "Basic realm=x"])
          : .response(status: 307, headers: ["Location": "http://\(name)/elsewhere?sig=1"])
      } _: { server in
        try await withCredentials(for: server) { settings in
          let found = try await withRegistryClient(settings) {
            try await $0.resolve(Reference(parsing: "\(server.name)/a:t"))
          }
          #expect(found.bytes == Self.manifest)
        }
      }
      #expect(other.requests.map(\.target) == ["/elsewhere?sig=1"])
      #expect(other.requests.allSatisfy { $0.headers["authorization"] == nil })
    }
  }

  @Test("a demand for credentials by the target of a redirect is not answered")
  func challengeElsewhere() async throws {
    try await ScriptedServer.with { _ in
      .text(401, "", headers: ["WWW-Authenticate": "Basic realm=x"])
    } _: { other in
      let name = other.name
      try await ScriptedServer.with { _ in
        .response(status: 302, headers: ["Location": "http://\(name)/x"])
      } _: { server in
        try await withCredentials(for: server) { settings in
          let error = await #expect(throws: RegistryError.self) {
            try await withRegistryClient(settings) { try await $0.resolve(Reference(parsing: "\(server.name)/a:t")) }
          }
          #expect(error?.kind == .status(401))
        }
      }
      #expect(other.requests.count == 1)
    }
  }

  @Test(
    "a redirect never leaves encryption",
    arguments: ["http://r.example/x", "http://cdn.example/x", "ftp://r.example/x", ""])
  func downgrade(location: String) throws {
    let secure = Endpoint(
      registry: "r.example", repository: try #require(Repository("a")),
      origin: try #require(Origin(scheme: .https, authority: "r.example")), verifiesCertificates: true)
    let request = RegistryRequest(.GET, secure.manifest("t"), of: secure, to: "read")
    #expect(throws: RegistryError.self) { try RegistryClient.redirection(location, of: request) }
    #expect(try RegistryClient.redirection("https://cdn.example/x", of: request).text == "https://cdn.example/x")
  }

  @Test("redirects in a circle end")
  func circle() async throws {
    try await ScriptedServer.with { request in
      .response(status: 302, headers: ["Location": request.path + "?again"])
    } _: { server in
      let error = await #expect(throws: RegistryError.self) {
        try await withRegistryClient(.forTests()) { try await $0.resolve(Reference(parsing: "\(server.name)/a:t")) }
      }
      #expect(error?.kind == .protocolViolation)
      #expect(server.requests.count == 6)
    }
  }

  @Test(
    "token servers that must not be asked are not",
    arguments: ["http://169.254.169.254/latest", "file:///etc/passwd", "http://evil.example/token", ""])
  func realm(realm: String) async throws {
    try await ScriptedServer.with { _ in
      .text(401, "", headers: ["WWW-Authenticate": #"Bearer realm="\#(realm)",service="s""#])
    } _: { server in
      try await withCredentials(for: server) { settings in
        let error = await #expect(throws: RegistryError.self) {
          try await withRegistryClient(settings) { try await $0.resolve(Reference(parsing: "\(server.name)/a:t")) }
        }
        #expect(error?.kind == .protocolViolation)
      }
      #expect(server.requests.count == 1)
    }
  }

  @Test("an upload at another host gets no credentials, one by another scheme is refused")
  func uploadElsewhere() async throws {
    let endpoint = Endpoint(
      registry: "r.example", repository: try #require(Repository("a")),
      origin: try #require(Origin(scheme: .https, authority: "r.example")), verifiesCertificates: true)
    let request = RegistryRequest(.POST, endpoint.uploads, of: endpoint, to: "upload")
    let elsewhere = try RegistryClient.uploadLocation("https://storage.example/u/1", of: request)
    #expect(elsewhere.origin != request.endpoint.origin)
    for location in ["http://r.example/u/1", "ftp://r.example/u", "", nil] {
      #expect(throws: RegistryError.self) { try RegistryClient.uploadLocation(location, of: request) }
    }
  }

  @Test("tags come over several pages, but never from another server")
  func pages() async throws {
    try await ScriptedServer.with { request in
      request.target.contains("last=b")
        ? .text(200, #"{"tags":["c"]}"#)
        : .text(
          200, #"{"tags":["a","b","not a tag"]}"#,
          headers: ["Link": #"</v2/x/tags/list?last=b&n=2>; rel="next""#])
    } _: { server in
      let tags = try await withRegistryClient(.forTests()) {
        try await $0.tags(of: Reference(parsing: "\(server.name)/x"))
      }
      #expect(tags.map(\.description) == ["a", "b", "c"])
    }
    try await ScriptedServer.with { _ in
      .text(200, #"{"tags":["a"]}"#, headers: ["Link": "<http://127.0.0.1:1/steal>; rel=next"])
    } _: { server in
      let error = await #expect(throws: RegistryError.self) {
        try await withRegistryClient(.forTests()) {
          try await $0.tags(of: Reference(parsing: "\(server.name)/x"))
        }
      }
      #expect(error?.kind == .protocolViolation)
    }
  }

  @Test("a layer's own URL is never asked")
  func foreignLayer() async throws {
    try await withTemporaryStore { store in
      try await ScriptedServer.with { _ in
        .text(200, "layer")
      } _: { evil in
        var fixture = ImageFixture(store: store, seed: 41)
        var layer = try fixture.layer()
        layer.urls = ["http://\(evil.name)/layer"]
        let image = try fixture.image(Platform(architecture: "amd64"), layers: [layer])
        let registry = MemoryRegistry()
        registry.putManifest(try store.read(image.digest), type: .manifest, repository: "app", tag: "t")
        registry.putBlob(try store.read(store.manifest(image).config.digest), repository: "app")
        try await ScriptedServer.with {
          registry.answer($0)
        } _: { server in
          try await withTemporaryStore { copy in
            let error = await #expect(throws: RegistryError.self) {
              try await withRegistryClient(.forTests()) {
                try await $0.pull(
                  Reference(parsing: "\(server.name)/app:t"), platform: Platform(architecture: "amd64"), into: copy)
              }
            }
            #expect(error?.kind == .status(404))
          }
        }
        #expect(evil.requests.isEmpty)
      }
    }
  }
}

/// Settings with a password for one server.
func withCredentials<R>(
  for server: ScriptedServer, _ body: (RegistrySettings) async throws -> R
) async throws -> R {
  try await withTemporaryStore { store in
    let path = store.root.appending("auth.json")
    try write(#"{"auths":{"\#(server.name)":{"username":"ann","password":"s3cret"}}}"#, to: path)
    return try await body(.forTests(environment: ["REGISTRY_AUTH_FILE": path.string]))
  }
}
