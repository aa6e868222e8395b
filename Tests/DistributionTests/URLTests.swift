import OCI
import Testing

@testable import Distribution

@Suite("registry URLs")
struct URLTests {
  @Test(
    "authorities name host and port",
    arguments: [
      ("quay.io", "quay.io", 443, "quay.io"), ("QUAY.io:443", "quay.io", 443, "quay.io"),
      ("localhost:5000", "localhost", 5000, "localhost:5000"), ("[::1]:5000", "::1", 5000, "[::1]:5000"),
      ("[fe80::1]", "fe80::1", 443, "[fe80::1]"), ("127.0.0.1:80", "127.0.0.1", 80, "127.0.0.1:80"),
    ])
  func authority(text: String, host: String, port: Int, shown: String) throws {
    let origin = try #require(Origin(scheme: .https, authority: text))
    #expect(origin.host == host)
    #expect(origin.port == port)
    #expect(origin.authority == shown)
  }

  @Test(
    "malformed authorities are refused",
    arguments: ["", ":5000", "a:", "a:0", "a:65536", "a:b", "user@host", "a b", "[::1", "[]", "[::1]x", "a/b", "[g]:1"])
  func badAuthority(text: String) { #expect(Origin(scheme: .http, authority: text) == nil) }

  @Test(
    "only this machine is loopback",
    arguments: [
      ("localhost:5000", true), ("127.0.0.1", true), ("127.1.2.3:80", true), ("[::1]:1", true),
      ("localhost.evil.com", false),
      ("127.0.0.1.evil.com", false), ("127.evil.com", false), ("128.0.0.1", false), ("127.0.0.256", false),
    ])
  func loopback(text: String, expected: Bool) throws {
    #expect(try #require(Origin(scheme: .http, authority: text)).isLoopback == expected)
  }

  @Test(
    "Location is resolved against the URL asked",
    arguments: [
      ("/v2/a/blobs/uploads/1?_state=x", "http://r.example:5000/v2/a/blobs/uploads/1?_state=x"),
      ("https://other.example/x", "https://other.example/x"), ("//cdn.example/x", "http://cdn.example/x"),
      ("next?n=2", "http://r.example:5000/v2/a/tags/next?n=2"), ("?n=2", "http://r.example:5000/v2/a/tags/list?n=2"),
      ("http://h.example?x=1#part", "http://h.example/?x=1"),
    ])
  func resolving(location: String, expected: String) throws {
    let base = try #require(RegistryURL("http://r.example:5000/v2/a/tags/list?n=1"))
    #expect(base.resolving(location)?.text == expected)
  }

  @Test(
    "unusable Locations are refused",
    arguments: [
      "", "ftp://x/y", "file:///etc/passwd", "javascript:x", "http://user:secret@host/", "http://ho st/", "/a\r\nb: c",
      "http://",
      "/\"", "http://host:99999/",
    ])
  func unusable(location: String) throws {
    let base = try #require(RegistryURL("http://r.example/v2/"))
    #expect(base.resolving(location) == nil)
  }

  @Test("descriptions leave out the query, which may hold a signature")
  func redaction() throws {
    let url = try #require(RegistryURL("https://cdn.example/blob?X-Amz-Signature=secret"))
    #expect("\(url)" == "https://cdn.example/blob")
  }

  @Test("query parameters are percent-encoded and joined")
  func query() throws {
    let url = try #require(RegistryURL("https://auth.example/token"))
    let scoped = url.appending(query: "service", "a b&c").appending(query: "scope", "repository:a/b:pull,push")
    #expect(scoped.target == "/token?service=a%20b%26c&scope=repository:a/b:pull%2Cpush")
  }

  @Test(
    "references become URLs of the protocol",
    arguments: [
      ("busybox", "https://registry-1.docker.io/v2/library/busybox/manifests/latest"),
      ("quay.io/a/b:v1", "https://quay.io/v2/a/b/manifests/v1"),
      ("localhost:5000/a:t", "http://localhost:5000/v2/a/manifests/t"),
      ("127.0.0.1:5000/a:t", "http://127.0.0.1:5000/v2/a/manifests/t"),
      ("[::1]:5000/a:t", "http://[::1]:5000/v2/a/manifests/t"),
      (
        "r.example:8443/a/b@sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        "https://r.example:8443/v2/a/b/manifests/sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
      ),
    ])
  func endpoints(text: String, expected: String) async throws {
    let reference = try Reference(parsing: text)
    let url = try await withRegistryClient(.forTests()) { client in
      let location = try client.settings.registries.pushLocation(for: reference)
      return try await client.endpoint(location).manifest(reference.manifestSelector)
    }
    #expect(url.text == expected)
  }
}
