import SystemPackage

/// A certificate authority and a certificate for `localhost` and 127.0.0.1, made by openssl for one test.
package struct CertificateFixture: Sendable {
  /// The authority's certificate, to be trusted by the client.
  package let authority: FilePath
  package let certificate: FilePath
  package let key: FilePath
  /// For a client, by the same authority.
  package let clientCertificate: FilePath
  package let clientKey: FilePath

  /// Makes all files in `directory`.
  package init(in directory: FilePath) async throws {
    authority = directory.appending("ca.crt")
    certificate = directory.appending("server.crt")
    key = directory.appending("server.key")
    clientCertificate = directory.appending("client.cert")
    clientKey = directory.appending("client.key")
    let authorityKey = directory.appending("ca.key").string
    let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    try await Tool.run(
      "openssl",
      ["req", "-x509"] + curve + [
        "-keyout", authorityKey, "-out", authority.string, "-days", "2", "-subj", "/CN=imgset test authority",
      ])
    for (certificate, key, name) in [(certificate, key, "localhost"), (clientCertificate, clientKey, "client")] {
      let request = "\(certificate).csr"
      try await Tool.run(
        "openssl",
        ["req"] + curve + [
          "-keyout", key.string, "-out", request, "-subj", "/CN=\(name)",
          "-addext", "subjectAltName=DNS:\(name),IP:127.0.0.1",
        ])
      try await Tool.run(
        "openssl",
        [
          "x509", "-req", "-in", request, "-CA", authority.string, "-CAkey", authorityKey, "-CAcreateserial",
          "-copy_extensions", "copy", "-days", "2", "-out", certificate.string,
        ])
    }
  }
}
