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

  init(expiryAtRequest: Int? = nil) { self.expiryAtRequest = expiryAtRequest }

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
    let basic = "Basic " + Data("ann:s3cret".utf8).base64EncodedString()
    let form = String(decoding: request.body, as: UTF8.self)
    let isKnown =
      request.method == "POST"
      ? form.contains("grant_type=refresh_token") && form.contains("refresh_token=identity")
      : request.headers["authorization"] == basic
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
