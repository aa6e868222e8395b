import Content
import FoundationEssentials
import OCI
import Synchronization
import TestSupport
import Testing

@testable import Distribution

/// A registry and its token server in one, counting tokens.
private final class TokenRegistry: Sendable {
  let registry = MemoryRegistry()
  private let issued = Mutex(0)
  /// The number of the request at which all tokens issued before lose their worth; nil for never.
  private let expiryAtRequest: Int?
  private let progress = Mutex((requests: 0, firstValidToken: 1))
  /// What is answered to POST; nil for a token.
  private let postStatus: Int?

  init(expiryAtRequest: Int? = nil, postStatus: Int? = nil) {
    self.expiryAtRequest = expiryAtRequest
    self.postStatus = postStatus
  }

  var tokens: Int { issued.withLock { $0 } }

  func answer(_ request: ScriptedServer.Request) -> ScriptedServer.Answer {
    if request.path == "/token" { return token(request) }
    let presented = request.headers["authorization"] ?? ""
    let lastToken = tokens
    let firstValid = progress.withLock { progress in
      progress.requests += 1
      if progress.requests == expiryAtRequest { progress.firstValidToken = lastToken + 1 }
      return progress.firstValidToken
    }
    guard presented.hasPrefix("Bearer token-"), let number = Int(presented.dropFirst("Bearer token-".count)),
      number >= firstValid
    else {
      let host = request.headers["host"] ?? ""
      return .text(
        401, #"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}"#,
        headers: ["WWW-Authenticate": #"Bearer realm="http://\#(host)/token",service="test registry""#])
    }
    return registry.answer(request)
  }

  private func token(_ request: ScriptedServer.Request) -> ScriptedServer.Answer {
    if request.method == "POST", let postStatus { return .text(postStatus, "no such thing here") }
    let basic = ["ann:s3cret", "<token>:identity", "ann:identity"]
      .map { "Basic " + Data($0.utf8).base64EncodedString() }
    let form = String(decoding: request.body, as: UTF8.self)
    let isKnown =
      request.method == "POST"
      ? form.contains("grant_type=refresh_token") && form.contains("refresh_token=identity")
      : basic.contains(request.headers["authorization"] ?? "")
    guard isKnown else { return .text(401, #"{"errors":[{"code":"UNAUTHORIZED","message":"who are you"}]}"#) }
    let number = issued.withLock { issued in
      issued += 1
      return issued
    }
    return .text(200, #"{"token":"token-\#(number)","expires_in":300}"#)
  }
}

@Suite("token authentication")
struct TokenTests {
  @Test("a push gets one token for each set of scopes, however many blobs it sends")
  func push() async throws {
    try await withTemporaryStore { store in
      var fixture = ImageFixture(store: store, seed: 51)
      let index = try fixture.index(platforms: ["amd64", "arm64", "arm"])
      let tokens = TokenRegistry()
      try await ScriptedServer.with {
        tokens.answer($0)
      } _: { server in
        try await withCredentials(for: server) { settings in
          let reference = try Reference(parsing: "\(server.name)/team/app:t")
          try await publish([(reference, index)], from: store, settings: settings)
          #expect(tokens.tokens == 1)
          let asked = try #require(server.requests.first { $0.path == "/token" })
          #expect(asked.target == "/token?service=test%20registry&scope=repository:team/app:pull%2Cpush")
          #expect(try tokens.registry.manifest("team/app", "t") == store.read(index.digest))
          // The password goes to the token server only.
          #expect(
            server.requests.filter { $0.path != "/token" }
              .allSatisfy { $0.headers["authorization"]?.hasPrefix("Basic") != true })
        }
      }
    }
  }

  // The first three requests, for the three blobs, come before there is a token.
  @Test("tokens that expire in the middle of a push are renewed", arguments: 4...14)
  func expiry(request: Int) async throws {
    try await withTemporaryStore { store in
      var fixture = ImageFixture(store: store, seed: 52)
      let index = try fixture.index(platforms: ["amd64"])
      let tokens = TokenRegistry(expiryAtRequest: request)
      try await ScriptedServer.with {
        tokens.answer($0)
      } _: { server in
        try await withCredentials(for: server) { settings in
          let reference = try Reference(parsing: "\(server.name)/app:t")
          try await publish([(reference, index)], from: store, settings: settings)
          #expect(try tokens.registry.manifest("app", "t") == store.read(index.digest))
          #expect(tokens.tokens == 2)
        }
      }
    }
  }

  @Test("an identity token is exchanged by POST and never sent to the registry")
  func identity() async throws {
    let tokens = TokenRegistry()
    tokens.registry.putManifest(
      Array(#"{"schemaVersion":2,"manifests":[]}"#.utf8), type: .index, repository: "app", tag: "t")
    try await ScriptedServer.with {
      tokens.answer($0)
    } _: { server in
      try await withTemporaryStore { store in
        let path = store.root.appending("auth.json")
        try write(#"{"auths":{"\#(server.name)":{"identitytoken":"identity"}}}"#, to: path)
        let settings = RegistrySettings.forTests(environment: ["REGISTRY_AUTH_FILE": path.string])
        _ = try await withRegistryClient(settings) { try await $0.resolve(Reference(parsing: "\(server.name)/app:t")) }
        #expect(server.requests.map(\.method) == ["GET", "POST", "GET"])
        #expect(server.requests.filter { $0.method == "GET" }.allSatisfy { !"\($0)".contains("identity") })
      }
    }
  }

  @Test(
    "a token server without POST gets the identity token as a password, by GET, and is not asked by POST again",
    arguments: [404, 405], ["", #""auth":"YW5uOg==","#])
  func withoutPost(status: Int, beside: String) async throws {
    let tokens = TokenRegistry(postStatus: status)
    for name in ["app", "other"] {
      tokens.registry.putManifest(
        Array(#"{"schemaVersion":2,"manifests":[]}"#.utf8), type: .index, repository: name, tag: "t")
    }
    try await ScriptedServer.with {
      tokens.answer($0)
    } _: { server in
      try await withAuthFile(#"{"auths":{"\#(server.name)":{\#(beside)"identitytoken":"identity"}}}"#) { settings in
        try await withRegistryClient(settings) { client in
          for name in ["app", "other"] { _ = try await client.resolve(Reference(parsing: "\(server.name)/\(name):t")) }
        }
        #expect(server.requests.filter { $0.path == "/token" }.map(\.method) == ["POST", "GET", "GET"])
        let password = Data("\(beside.isEmpty ? "<token>" : "ann"):identity".utf8).base64EncodedString()
        for request in server.requests where request.headers["authorization"]?.hasPrefix("Basic") == true {
          #expect(request.path == "/token")
          #expect(request.headers["authorization"] == "Basic \(password)")
        }
      }
    }
  }

  @Test("what a token server answers to POST stands, unless it takes none", arguments: [400, 401, 403])
  func refusedPost(status: Int) async throws {
    let tokens = TokenRegistry(postStatus: status)
    try await ScriptedServer.with {
      tokens.answer($0)
    } _: { server in
      try await withAuthFile(#"{"auths":{"\#(server.name)":{"identitytoken":"identity"}}}"#) { settings in
        let error = await #expect(throws: RegistryError.self) {
          try await withRegistryClient(settings) { try await $0.resolve(Reference(parsing: "\(server.name)/app:t")) }
        }
        #expect(error?.kind == .status(status))
        #expect(server.requests.map(\.method) == ["GET", "POST"])
      }
    }
  }

  @Test("a registry token goes to the registry, and to no token server", arguments: [true, false])
  func registryToken(isAccepted: Bool) async throws {
    let registry = MemoryRegistry()
    registry.putManifest(Array(#"{"schemaVersion":2,"manifests":[]}"#.utf8), type: .index, repository: "app", tag: "t")
    try await ScriptedServer.with { request in
      request.headers["authorization"] == "Bearer given" && isAccepted
        ? registry.answer(request)
        : .text(
          401, "",
          headers: ["WWW-Authenticate": #"Bearer realm="http://\#(request.headers["host"] ?? "")/token",service="s""#])
    } _: { server in
      let file = #"{"auths":{"\#(server.name)":{"auth":"YW5uOnMzY3JldA==","registrytoken":"given"}}}"#
      try await withAuthFile(file) { settings in
        do {
          _ = try await withRegistryClient(settings) {
            try await $0.resolve(Reference(parsing: "\(server.name)/app:t"))
          }
          #expect(isAccepted)
        } catch let error as RegistryError {
          #expect(!isAccepted && error.kind == .status(401))
          #expect(error.why.contains("the registry token (redacted) was used"))
        }
        #expect(server.requests.count == 2)
        #expect(server.requests.allSatisfy { $0.path == "/v2/app/manifests/t" })
      }
    }
  }

  private func withAuthFile(_ text: String, _ body: (RegistrySettings) async throws -> Void) async throws {
    try await withTemporaryStore { store in
      let path = store.root.appending("auth.json")
      try write(text, to: path)
      try await body(.forTests(environment: ["REGISTRY_AUTH_FILE": path.string]))
    }
  }

  @Test("a token server that refuses is named, without the password")
  func refused() async throws {
    let tokens = TokenRegistry()
    try await ScriptedServer.with {
      tokens.answer($0)
    } _: { server in
      let error = await #expect(throws: RegistryError.self) {
        try await withRegistryClient(.forTests()) { try await $0.resolve(Reference(parsing: "\(server.name)/app:t")) }
      }
      #expect(error?.kind == .status(401))
      #expect(error?.place == "GET http://\(server.name)/token")
      #expect(error?.why.contains { $0.hasPrefix("no credentials for \(server.name)") } == true)
      #expect(server.requests.count == 2)
    }
  }
}
