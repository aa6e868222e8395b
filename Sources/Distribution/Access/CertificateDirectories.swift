import NIOSSL

/// Certificates for single registries, in directories named like them: authorities to trust and certificates to show.
///
/// Implements [containers-certs.d(5)](https://github.com/containers/image/blob/main/docs/containers-certs.d.5.md).
package struct CertificateDirectories: Sendable {
  /// Directories that hold one directory for each `host` or `host:port`.
  package let roots: [String]
  /// Replaces the system's authorities (`SSL_CERT_FILE`); nil for the system's own.
  let authorities: String?

  package init(environment: [String: String]) {
    let user = environment["XDG_CONFIG_HOME"] ?? environment["HOME"].map { "\($0)/.config" }
    roots = [user.map { "\($0)/containers/certs.d" }, "/etc/containers/certs.d", "/etc/docker/certs.d"]
      .compactMap { $0 }
    authorities = environment["SSL_CERT_FILE"].flatMap { $0.isEmpty ? nil : $0 }
  }

  package init(roots: [String]) {
    self.roots = roots
    authorities = nil
  }

  /// Whether there is anything for this server, which for a loopback address means that it speaks TLS.
  func isConfigured(_ authority: String) async throws -> Bool {
    try await files(of: authority, suffixes: [".crt", ".cert"]).isEmpty == false
  }

  /// The directories that hold something for this server.
  func directories(of authority: String) async throws -> [String] {
    var found: [String] = []
    for root in roots {
      let directory = "\(root)/\(authority)"
      if try await !ConfigurationFile.list(directory, suffixes: [".crt", ".cert"]).isEmpty { found.append(directory) }
    }
    return found
  }

  /// How to verify a server and what to show it.
  ///
  /// - Throws: `RegistryError` that names a certificate or key which cannot be read.
  func tls(for authority: String, verifying: Bool) async throws -> TLSConfiguration {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.minimumTLSVersion = .tlsv12
    if let authorities { configuration.trustRoots = .file(authorities) }
    if !verifying { configuration.certificateVerification = .none }
    for path in try await files(of: authority, suffixes: [".crt"]) {
      configuration.additionalTrustRoots.append(.certificates(try await certificates(path)))
    }
    for path in try await files(of: authority, suffixes: [".cert"]) {
      let key = path.dropLast(".cert".count) + ".key"
      guard let bytes = try await ConfigurationFile.read(String(key), limit: 1 << 20) else {
        throw RegistryError(
          .certificate, "the client certificate for \(authority) has no key", place: path,
          why: ["\(key) does not exist"])
      }
      do {
        configuration.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: bytes, format: .pem))
      } catch {
        throw unreadable(String(key), error)
      }
      configuration.certificateChain = try await certificates(path).map { .certificate($0) }
    }
    return configuration
  }

  private func files(of authority: String, suffixes: [String]) async throws -> [String] {
    var paths: [String] = []
    for root in roots {
      let directory = "\(root)/\(authority)"
      paths += try await ConfigurationFile.list(directory, suffixes: suffixes).map { "\(directory)/\($0)" }
    }
    return paths
  }

  private func certificates(_ path: String) async throws -> [NIOSSLCertificate] {
    let bytes = try await ConfigurationFile.read(path, limit: 4 << 20) ?? []
    do {
      return try NIOSSLCertificate.fromPEMBytes(bytes)
    } catch {
      throw unreadable(path, error)
    }
  }

  private func unreadable(_ path: String, _ error: any Error) -> RegistryError {
    RegistryError(
      .certificate, "cannot read a certificate", place: path, why: ["\(error)", "certificates and keys are PEM files"])
  }
}
