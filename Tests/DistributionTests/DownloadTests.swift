import Content
import OCI
import TestSupport
import Testing

@testable import Distribution

@Suite("downloads")
struct DownloadTests {
  private func withClient<R>(_ body: (RegistryClient, ContentStore) async throws -> R) async throws -> R {
    try await withTemporaryStore { store in
      try await withRegistryClient(.forTests()) { try await body($0, store) }
    }
  }

  @Test("a file comes into the store, and is not sent again while it is the same")
  func unchanged() async throws {
    let script: ScriptedServer.Script = { request in
      if request.headers["if-none-match"] == "\"1\"" { return .response(status: 304) }
      return .text(
        200, "content", headers: ["ETag": "\"1\"", "Last-Modified": "Sun, 06 Nov 1994 08:49:37 GMT"])
    }
    try await ScriptedServer.with(script) { server in
      try await withClient { client, store in
        let url = "http://\(server.name)/dir/file?x=y"
        let record = try await client.fetch(try #require(Download(url)), into: store)
        #expect(try store.read(record.digest) == Array("content".utf8))
        #expect(record.size == 7)
        #expect(record.modifiedSeconds == 784_111_777)
        let again = try await client.fetch(try #require(Download(url, known: record)), into: store)
        #expect(again == record)
        #expect(server.requests.map(\.target) == ["/dir/file?x=y", "/dir/file?x=y"])
        #expect(server.requests[1].headers["if-modified-since"] == "Sun, 06 Nov 1994 08:49:37 GMT")
      }
    }
  }

  @Test("credentials of the URL go to its own origin and nowhere else")
  func credentials() async throws {
    let script: ScriptedServer.Script = { request in
      let port = request.headers["host"]?.split(separator: ":").last ?? ""
      switch request.path {
      case "/same": return .response(status: 302, headers: ["Location": "/other"])
      case "/other": return .response(status: 302, headers: ["Location": "http://127.0.0.1:\(port)/end"])
      default: return .text(200, "x")
      }
    }
    try await ScriptedServer.with(script) { server in
      try await withClient { client, store in
        let download = try #require(Download("http://user:p%40ss@\(server.name)/same"))
        _ = try await client.fetch(download, into: store)
        #expect(server.requests.map(\.path) == ["/same", "/other", "/end"])
        // user:p@ss
        #expect(
          server.requests.map { $0.headers["authorization"] } == ["Basic dXNlcjpwQHNz", "Basic dXNlcjpwQHNz", nil])
      }
    }
  }

  @Test(
    "what is no file is an error that shows no secret",
    arguments: [
      ("/missing", "404"), ("/circle", "redirects"), ("/nowhere", "Location"), ("/large", "limit"),
      ("/cut", "complete"),
    ])
  func errors(path: String, text: String) async throws {
    let script: ScriptedServer.Script = { request in
      switch request.path {
      case "/circle": .response(status: 301, headers: ["Location": "/circle"])
      case "/nowhere": .response(status: 301)
      case "/large": .response(status: 200, body: [UInt8](repeating: 1, count: 2000))
      case "/cut": .truncated(status: 200, body: [UInt8](repeating: 1, count: 100), count: 50)
      default: .text(404, "nothing here")
      }
    }
    try await ScriptedServer.with(script) { server in
      try await withClient { client, store in
        var download = try #require(Download("http://user:secret@\(server.name)\(path)?token=hidden"))
        download.limit = 1000
        let error = await #expect(throws: RegistryError.self) { try await client.fetch(download, into: store) }
        let shown = "\(try #require(error))"
        #expect(shown.contains(text), "\(shown)")
        #expect(!shown.contains("secret") && !shown.contains("hidden"))
      }
    }
  }

  @Test("a fault that passes is survived")
  func faults() async throws {
    let registry = Collected<String>()
    let script: ScriptedServer.Script = { request in
      registry.append(request.path)
      return registry.values.count == 1 ? .hangUp : .text(200, "x")
    }
    try await ScriptedServer.with(script) { server in
      try await withClient { client, store in
        let record = try await client.fetch(try #require(Download("http://\(server.name)/x")), into: store)
        #expect(record.size == 1)
        #expect(server.requests.count == 2)
      }
    }
  }

  @Test("URLs that are none", arguments: ["x", "ftp://host/x", "http://", "http://ho st/", "http://u%4@host/x"])
  func malformed(text: String) { #expect(Download(text) == nil) }
}
