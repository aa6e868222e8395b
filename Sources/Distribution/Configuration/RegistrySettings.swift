import Linux

/// Everything that the machine's configuration says about registries, and the client's limits.
package struct RegistrySettings: Sendable {
  package var registries: RegistriesConfiguration
  package var credentials: CredentialLookup
  package var certificates: CertificateDirectories
  package var proxies: ProxySettings
  package var retry = RetryPolicy()
  /// Hears how choices came about.
  package var trace: Trace = .silent {
    didSet { retry.trace = trace }
  }
  /// Requests at once to one server, all uses in a run together.
  package var requestsPerServer = 6
  /// How long making a connection may take.
  package var connectTimeout: Duration = .seconds(5)
  /// How long a connection may be silent while something is expected from it.
  package var stallTimeout: Duration = .seconds(60)
  /// Blobs up to this many bytes are uploaded in one request; larger ones in a session that can be resumed.
  package var monolithicLimit: Int64 = 4 << 20

  package init(
    registries: RegistriesConfiguration, credentials: CredentialLookup, certificates: CertificateDirectories,
    proxies: ProxySettings = ProxySettings(environment: [:])
  ) {
    self.proxies = proxies
    self.registries = registries
    self.credentials = credentials
    self.certificates = certificates
  }

  /// Reads `registries.conf`; credentials and certificates are read when a registry asks for them.
  ///
  /// - Throws: `RegistryError` that names the file at fault.
  package static func load(environment: [String: String]) async throws -> RegistrySettings {
    RegistrySettings(
      registries: try await .load(environment: environment),
      credentials: CredentialLookup(environment: environment, userID: Machine.effectiveUser),
      certificates: CertificateDirectories(environment: environment),
      proxies: ProxySettings(environment: environment))
  }
}
