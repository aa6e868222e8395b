import Linux

/// Everything that the machine's configuration says about registries, and the client's limits.
package struct RegistrySettings: Sendable {
  package var registries: RegistriesConfiguration
  package var credentials: CredentialLookup
  package var certificates: CertificateDirectories
  package var retry = RetryPolicy()
  /// Requests at once to one server, all uses in a run together.
  package var requestsPerServer = 6
  /// How long making a connection may take.
  package var connectTimeout: Duration = .seconds(5)
  /// How long a connection may be silent while something is expected from it.
  package var stallTimeout: Duration = .seconds(60)

  package init(
    registries: RegistriesConfiguration, credentials: CredentialLookup, certificates: CertificateDirectories
  ) {
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
      certificates: CertificateDirectories(environment: environment))
  }
}
