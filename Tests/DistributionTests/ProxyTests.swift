import OCI
import TestSupport
import Testing

@testable import Distribution

@Suite("proxies")
struct ProxyTests {
  @Test(
    "no_proxy names hosts, domains, addresses, ranges and ports",
    arguments: [
      ("", "quay.io", false), ("*", "quay.io", true), ("quay.io", "quay.io", true), ("quay.io", "cdn.quay.io", true),
      ("quay.io", "notquay.io", false), (".quay.io", "quay.io", false), (".quay.io", "cdn.quay.io", true),
      ("*.quay.io", "cdn.quay.io", true), ("QUAY.io", "quay.io", true), ("quay.io:5000", "quay.io:5000", true),
      ("quay.io:5000", "quay.io", false), ("a, quay.io ,b", "quay.io", true), ("10.0.0.0/8", "10.2.3.4", true),
      ("10.0.0.0/8", "11.2.3.4", false), ("10.0.0.0/8", "10.example", false), ("10.2.3.4", "10.2.3.4:5000", true),
      ("fd00::/8", "[fd12::1]", true), ("fd00::/8", "[fe80::1]", false), ("[fd12::1]:5000", "[fd12::1]:5000", true),
      ("192.168.1.0/25", "192.168.1.129", false), ("192.168.1.0/25", "192.168.1.127", true),
    ])
  func exceptions(list: String, host: String, isDirect: Bool) throws {
    let settings = ProxySettings(environment: ["https_proxy": "http://proxy:3128", "no_proxy": list])
    let origin = try #require(Origin(scheme: .https, authority: host))
    #expect((settings.proxy(for: origin) == nil) == isDirect)
  }

  @Test("each scheme has its variable; loopback is asked directly")
  func variables() throws {
    let settings = ProxySettings(environment: ["HTTPS_PROXY": "proxy.example:3128", "http_proxy": "http://u:p@other"])
    func proxy(_ scheme: Scheme, _ host: String) throws -> String? {
      settings.proxy(for: try #require(Origin(scheme: scheme, authority: host)))?.description
    }
    #expect(try proxy(.https, "quay.io") == "http://proxy.example:3128")
    #expect(try proxy(.http, "quay.io") == "http://(redacted)@other:80")
    #expect(try proxy(.http, "localhost:5000") == nil)
    #expect(try proxy(.https, "127.0.0.1") == nil)
    #expect(ProxySettings(environment: ["https_proxy": "ftp://proxy"]) == ProxySettings(environment: [:]))
  }

  @Test("a registry behind a proxy is reached through it, with the proxy's credentials for the proxy only")
  func tunnel() async throws {
    let registry = MemoryRegistry()
    registry.putManifest(Array(#"{"schemaVersion":2,"manifests":[]}"#.utf8), type: .index, repository: "a", tag: "t")
    let lines = Collected<String>()
    try await ScriptedServer.with {
      registry.answer($0)
    } _: { server in
      let port = server.port
      try await ScriptedServer.with { request in
        request.method == "CONNECT" && request.target == "registry.test:5000" ? .tunnel(port) : .text(403, "")
      } _: { proxy in
        var settings = RegistrySettings.forTests()
        var rule = RegistriesConfiguration.Rule(prefix: "registry.test:5000", source: "test")
        rule.isInsecure = true
        settings.registries.rules = [rule]
        settings.proxies = ProxySettings(environment: ["all_proxy": "http://ann:s3cret@\(proxy.name)"])
        settings.use(Trace { lines.append($0) })
        let found = try await withRegistryClient(settings) {
          try await $0.resolve(Reference(parsing: "registry.test:5000/a:t"))
        }
        #expect(found.descriptor.mediaType == .index)
        #expect(proxy.requests.allSatisfy { $0.headers["proxy-authorization"] == "Basic YW5uOnMzY3JldA==" })
        #expect(server.requests.allSatisfy { $0.headers["proxy-authorization"] == nil })
      }
    }
    #expect(lines.values.contains { $0.contains("by the proxy http://(redacted)@localhost") })
    #expect(!lines.values.contains { $0.contains("s3cret") })
  }
}
