import SystemPackage

/// A certificate authority and a certificate for `localhost` and 127.0.0.1, made by openssl for one test.
package struct CertificateFixture: Sendable {
  /// The authority's certificate, to be trusted by the client.
  package let authority: FilePath
  package let certificate: FilePath
  package let key: FilePath

  /// Makes all files in `directory`.
  package init(in directory: FilePath) async throws {
    authority = directory.appending("ca.crt")
    certificate = directory.appending("server.crt")
    key = directory.appending("server.key")
    let authorityKey = directory.appending("ca.key").string
    let request = directory.appending("server.csr").string
    let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    try await Tool.run(
      "openssl",
      ["req", "-x509"] + curve + [
        "-keyout", authorityKey, "-out", authority.string, "-days", "2", "-subj", "/CN=imgset test authority",
      ])
    try await Tool.run(
      "openssl",
      ["req"] + curve + [
        "-keyout", key.string, "-out", request, "-subj", "/CN=localhost",
        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
      ])
    try await Tool.run(
      "openssl",
      [
        "x509", "-req", "-in", request, "-CA", authority.string, "-CAkey", authorityKey, "-CAcreateserial",
        "-copy_extensions", "copy", "-days", "2", "-out", certificate.string,
      ])
  }
}
