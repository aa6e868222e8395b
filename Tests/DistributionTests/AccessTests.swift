import Content
import Linux
import OCI
import TestSupport
import Testing

@testable import Distribution

/// Credentials and certificates against Debian's `docker-registry`.
@Suite(
  "access to a real registry",
  .enabled(if: Tool.areInstalled("docker-registry", "htpasswd", "openssl"), "needs docker-registry, htpasswd, openssl"))
struct AccessTests {
  @Test("Basic authentication with credentials from an auth file")
  func basic() async throws {
    var options = RegistryFixture.Options()
    options.login = ("ann", "s3cret")
    try await RegistryFixture.with(options) { registry in
      try await withTemporaryStore { store in
        let reference = try Reference(parsing: "\(registry.name)/team/app:t")
        var fixture = ImageFixture(store: store, seed: 11)
        let index = try fixture.index(platforms: ["amd64"])
        let path = store.root.appending("auth.json")
        let settings = RegistrySettings.forTests(environment: ["REGISTRY_AUTH_FILE": path.string])

        let error = await #expect(throws: RegistryError.self) { try await publish([(reference, index)], from: store) }
        #expect(error?.kind == .status(401))
        #expect(error?.why.contains { $0.hasPrefix("no credentials for \(registry.name)") } == true)

        try write(#"{"auths":{"\#(registry.name)/team":{"username":"ann","password":"s3cret"}}}"#, to: path)
        #expect(try await publish([(reference, index)], from: store, settings: settings).counts == [.sent: 3])

        try write(#"{"auths":{"\#(registry.name)/team":{"username":"ann","password":"wr0ng"}}}"#, to: path)
        let refused = await #expect(throws: RegistryError.self) {
          try await publish(
            [(reference, index)], from: store,
            settings: .forTests(environment: ["REGISTRY_AUTH_FILE": path.string]))
        }
        #expect(refused?.kind == .status(401))
        #expect(refused.map { "\($0)".contains("wr0ng") } == false)
      }
    }
  }

  @Test("TLS with an authority of certs.d, and nothing without it")
  func tls() async throws {
    try await withTemporaryDirectory { directory, handle in
      var options = RegistryFixture.Options()
      options.certificate = try await CertificateFixture(in: directory)
      let authority = try #require(options.certificate).authority
      try await RegistryFixture.with(options) { registry in
        try await withTemporaryStore { store in
          let reference = try Reference(parsing: "\(registry.name)/app:t")
          var fixture = ImageFixture(store: store, seed: 12)
          let index = try fixture.index(platforms: ["amd64"])

          // Loopback without configuration is plain HTTP, which this registry does not speak.
          let plain = await #expect(throws: RegistryError.self) { try await publish([(reference, index)], from: store) }
          #expect(plain?.kind == .status(400))

          let rule = RegistriesConfiguration.Rule(prefix: registry.name, source: "test")
          let untrusted = await #expect(throws: RegistryError.self) {
            try await publish([(reference, index)], from: store, settings: .forTests(rules: [rule]))
          }
          #expect(untrusted?.kind == .certificate)

          let certificates = try handle.ensureDirectory("certs.d").ensureDirectory(registry.name)
          try certificates.makeSymbolicLink("ca.crt", to: authority.string)
          let settings = RegistrySettings.forTests(certificates: [directory.appending("certs.d").string])
          #expect(try await publish([(reference, index)], from: store, settings: settings).counts == [.sent: 3])

          var insecure = rule
          insecure.isInsecure = true
          let again = try await publish([(reference, index)], from: store, settings: .forTests(rules: [insecure]))
          #expect(again.counts == [.present: 3])
        }
      }
    }
  }

  @Test("a registry that demands client certificates gets the one of certs.d, and nothing without it")
  func clientCertificate() async throws {
    try await withTemporaryDirectory { directory, handle in
      var options = RegistryFixture.Options()
      let fixture = try await CertificateFixture(in: directory)
      options.certificate = fixture
      options.demandsClientCertificate = true
      try await RegistryFixture.with(options) { registry in
        try await withTemporaryStore { store in
          let reference = try Reference(parsing: "\(registry.name)/app:t")
          var images = ImageFixture(store: store, seed: 15)
          let index = try images.index(platforms: ["amd64"])
          let certificates = try handle.ensureDirectory("certs.d").ensureDirectory(registry.name)
          try certificates.makeSymbolicLink("ca.crt", to: fixture.authority.string)
          let settings = RegistrySettings.forTests(certificates: [directory.appending("certs.d").string])
          await #expect(throws: RegistryError.self) {
            try await publish([(reference, index)], from: store, settings: settings)
          }
          try certificates.makeSymbolicLink("client.cert", to: fixture.clientCertificate.string)
          let keyless = await #expect(throws: RegistryError.self) {
            try await publish([(reference, index)], from: store, settings: settings)
          }
          #expect(keyless?.kind == .certificate)
          try certificates.makeSymbolicLink("client.key", to: fixture.clientKey.string)
          #expect(try await publish([(reference, index)], from: store, settings: settings).counts == [.sent: 3])
        }
      }
    }
  }

  @Test("a registry configured insecure that speaks no TLS is asked by plain HTTP")
  func insecure() async throws {
    try await RegistryFixture.with { registry in
      try await withTemporaryStore { store in
        let reference = try Reference(parsing: "\(registry.name)/app:t")
        var fixture = ImageFixture(store: store, seed: 13)
        let index = try fixture.index(platforms: ["amd64"])
        var rule = RegistriesConfiguration.Rule(prefix: registry.name, source: "test")
        let refused = await #expect(throws: RegistryError.self) {
          try await publish([(reference, index)], from: store, settings: .forTests(rules: [rule]))
        }
        #expect(refused?.kind == .certificate)
        #expect(refused?.help?.contains("insecure = true") == true)
        rule.isInsecure = true
        let report = try await publish([(reference, index)], from: store, settings: .forTests(rules: [rule]))
        #expect(report.counts == [.sent: 3])
      }
    }
  }

  @Test("a mirror is asked first, and the registry itself when the mirror has not the image")
  func mirrors() async throws {
    try await RegistryFixture.with { mirror in
      try await RegistryFixture.with { registry in
        try await withTemporaryStore { store in
          var fixture = ImageFixture(store: store, seed: 14)
          let (first, second) = (try fixture.index(platforms: ["amd64"]), try fixture.index(platforms: ["amd64"]))
          try await publish(
            [
              (try Reference(parsing: "\(registry.name)/a:t"), first),
              (try Reference(parsing: "\(registry.name)/b:t"), first),
              (try Reference(parsing: "\(mirror.name)/copy/a:t"), second),
            ], from: store)
          var rule = RegistriesConfiguration.Rule(prefix: registry.name, source: "test")
          rule.isInsecure = true
          rule.mirrors = [.init(location: "\(mirror.name)/copy", isInsecure: true)]
          try await withRegistryClient(.forTests(rules: [rule])) { client in
            let secondFound = try await client.resolve(Reference(parsing: "\(registry.name)/a:t"))
            #expect(secondFound.descriptor == second)
            let firstFound = try await client.resolve(Reference(parsing: "\(registry.name)/b:t"))
            #expect(firstFound.descriptor == first)
          }
        }
      }
    }
  }
}
