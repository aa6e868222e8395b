import Content
import Linux
import OCI
import TestSupport
import Testing

@testable import Distribution

extension AttackTests {
  private static let basic = ["WWW-Authenticate": "Basic realm=x"]

  func redirects() async throws {
    let registry = MemoryRegistry()
    try await withTemporaryStore { store in
      var fixture = ImageFixture(store: store, seed: 85)
      let image = try fixture.image(Platform(architecture: "amd64"), layers: [try fixture.layer(size: 9 << 20)])
      try store.setReference("v1", to: image)
      // The second server keeps the blobs: uploads and downloads are sent there.
      try await ScriptedServer.with {
        registry.answer($0)
      } _: { storage in
        let name = storage.name
        try await ScriptedServer.with { request in
          guard request.headers["authorization"] != nil else { return .text(401, "", headers: Self.basic) }
          if request.method == "GET", request.path.contains("/blobs/") {
            return .response(status: 307, headers: ["Location": "http://\(name)\(request.target)"])
          }
          let answer = registry.answer(request)
          guard case .response(let status, var headers, let body) = answer, let location = headers["Location"] else {
            return answer
          }
          headers["Location"] = "http://\(name)\(location)"
          return .response(status: status, headers: headers, body: body)
        } _: { server in
          try await withCredentials(for: server) { settings in
            try await CopyTests.copy("oci:\(store.root):v1", "\(server.name)/app:t", settings: settings)
            try await withTemporaryStore { copy in
              let pulled = try await withRegistryClient(settings) {
                try await $0.pull(
                  Reference(parsing: "\(server.name)/app:t"), platform: Platform(architecture: "amd64"), into: copy)
              }
              #expect(pulled.root.digest == image.digest)
            }
          }
          #expect(Set(storage.requests.map(\.method)) == ["GET", "PATCH", "PUT"])
          #expect(storage.requests.allSatisfy { $0.headers["authorization"] == nil })
        }
      }
    }
  }

  func realms() async throws {
    try await ScriptedServer.with { _ in
      .text(200, #"{"token":"stolen"}"#)
    } _: { evil in
      let elsewhere = [
        "http://169.254.169.254/latest/meta-data", "file:///etc/passwd", "http://evil.example/token", "",
        "http://127.0.0.1:\(evil.port)/token", "//\(evil.name)/token", "gopher://\(evil.name)/token",
      ]
      for realm in elsewhere {
        try await ScriptedServer.with { _ in
          .text(401, "", headers: ["WWW-Authenticate": #"Bearer realm="\#(realm)",service="s""#])
        } _: { server in
          try await withCredentials(for: server) { settings in
            let error = await #expect(throws: RegistryError.self) {
              try await withRegistryClient(settings) { try await $0.resolve(Reference(parsing: "\(server.name)/a:t")) }
            }
            #expect(error.map { "\($0)".contains("s3cret") } == false)
          }
          #expect(server.requests.count == 1)
        }
      }
      // A token server that sends its clients on.
      let evilName = evil.name
      try await ScriptedServer.with { request in
        request.path == "/token"
          ? .response(status: 307, headers: ["Location": "http://\(evilName)/token"])
          : .text(
            401, "",
            headers: ["WWW-Authenticate": #"Bearer realm="http://\#(request.headers["host"] ?? "")/token",service="s""#]
          )
      } _: { server in
        try await withCredentials(for: server) { settings in
          _ = await #expect(throws: RegistryError.self) {
            try await withRegistryClient(settings) { try await $0.resolve(Reference(parsing: "\(server.name)/a:t")) }
          }
        }
      }
      #expect(evil.requests.isEmpty)
    }
  }

  func pages() async throws {
    try await ScriptedServer.with { _ in
      .text(200, #"{"tags":["stolen"]}"#)
    } _: { evil in
      let links = ["<http://\(evil.name)/v2/a/tags/list>; rel=\"next\"", "<//\(evil.name)/x>; rel=next"]
      for link in links {
        try await ScriptedServer.with { _ in
          .text(200, #"{"tags":["a"],"manifests":[],"schemaVersion":2}"#, headers: ["Link": link])
        } _: { server in
          let reference = try Reference(parsing: "\(server.name)/a:t")
          for list in ["tags", "referrers"] {
            let error = await #expect(throws: RegistryError.self) {
              try await withRegistryClient(.forTests()) { client in
                if list == "tags" {
                  _ = try await client.tags(of: reference)
                } else {
                  _ = try await client.referrers(of: RunningDigest.digest(of: [], .sha256), in: reference)
                }
              }
            }
            #expect(error?.kind == .protocolViolation)
          }
        }
      }
      #expect(evil.requests.isEmpty)
    }
    // An upload by another scheme.
    try await withTemporaryStore { store in
      var fixture = ImageFixture(store: store, seed: 86)
      try store.setReference("v1", to: try fixture.index(platforms: ["amd64"]))
      try await ScriptedServer.with { request in
        request.method == "POST"
          ? .response(status: 202, headers: ["Location": "https://localhost:1/upload"]) : .text(404, "")
      } _: { server in
        let error = await #expect(throws: RegistryError.self) {
          try await CopyTests.copy("oci:\(store.root):v1", "\(server.name)/app:t")
        }
        #expect(error?.kind == .protocolViolation)
      }
    }
  }

  func downgrade() async throws {
    try await ScriptedServer.with { _ in
      Self.manifest(#"{"schemaVersion":2,"manifests":[]}"#, type: .index)
    } _: { server in
      // A rule of its own makes a loopback registry one like any other: HTTPS, or nothing.
      let rule = RegistriesConfiguration.Rule(prefix: server.name, source: "test")
      let error = await #expect(throws: RegistryError.self) {
        try await withRegistryClient(.forTests(rules: [rule])) {
          try await $0.resolve(Reference(parsing: "\(server.name)/a:t"))
        }
      }
      #expect(error?.kind == .certificate || error?.kind == .unreachable)
      #expect(server.requests.isEmpty)
    }
  }
}
