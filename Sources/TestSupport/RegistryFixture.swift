import Glibc
import Linux
import Subprocess
import SystemPackage

/// Debian's `docker-registry`, running on a loopback port with empty storage for the time of one scope.
package struct RegistryFixture: Sendable {
  /// What the registry demands from its clients.
  package struct Options: Sendable {
    /// User and password for Basic authentication.
    package var login: (user: String, password: String)?
    /// Speak TLS with this certificate.
    package var certificate: CertificateFixture?
    /// Speak only to clients that show a certificate of the same authority.
    package var demandsClientCertificate = false

    package init() {}
  }

  /// `localhost:PORT`, the registry part of references.
  package let name: String
  package let port: Int
  /// The directory of the filesystem driver.
  package let storage: FilePath

  /// Runs `body` with a registry, and stops it afterwards.
  ///
  /// - Throws: `ToolFailure` with the registry's own words when it does not start.
  package static func with<R: Sendable>(
    _ options: Options = Options(), _ body: (RegistryFixture) async throws -> R
  ) async throws -> R {
    try await withTemporaryDirectory(prefix: "imgset-registry-") { directory, _ in
      guard let program = Tool("docker-registry") else {
        throw ToolFailure(command: "docker-registry", output: "install the package docker-registry")
      }
      let port = try Loopback.freePort()
      let fixture = RegistryFixture(
        name: "localhost:\(port)", port: port, storage: directory.appending("storage"))
      let configuration = directory.appending("config.yml")
      try write(try await fixture.configuration(options, in: directory), to: configuration)
      let log = directory.appending("log")
      let output = try FileDescriptor.open(log, .writeOnly, options: [.create], permissions: .ownerReadWrite)
      defer { try? output.close() }
      let result = try await Subprocess.run(
        .path(program.path), arguments: ["serve", configuration.string], input: .none,
        output: .fileDescriptor(output, closeAfterSpawningProcess: false),
        error: .fileDescriptor(output, closeAfterSpawningProcess: false)
      ) { execution in
        let outcome: Result<R, any Error>
        do {
          try await fixture.waitUntilReady(log: log)
          outcome = .success(try await body(fixture))
        } catch {
          outcome = .failure(error)
        }
        try? execution.send(signal: .kill)
        return outcome
      }
      return try result.closureResult.get()
    }
  }

  private func waitUntilReady(log: FilePath) async throws {
    for _ in 0..<500 {
      if Loopback.answers(port) { return }
      try await Task.sleep(for: .milliseconds(20))
    }
    let file = try FileDescriptor.open(log, .readOnly)
    let said = try file.closeAfter { try file.readAll(limit: 1 << 20) }
    throw ToolFailure(command: "docker-registry serve", output: String(decoding: said.suffix(2000), as: UTF8.self))
  }

  private func configuration(_ options: Options, in directory: FilePath) async throws -> String {
    var text = """
      version: 0.1
      log: {level: error}
      storage:
        filesystem: {rootdirectory: \(storage)}
        delete: {enabled: true}
      http:
        addr: 127.0.0.1:\(port)

      """
    if let certificate = options.certificate {
      let clients = options.demandsClientCertificate ? ", clientcas: [\(certificate.authority)]" : ""
      text += "  tls: {certificate: \(certificate.certificate), key: \(certificate.key)\(clients)}\n"
    }
    if let login = options.login {
      let passwords = directory.appending("htpasswd")
      try Self.write(try await Tool.run("htpasswd", ["-Bbn", login.user, login.password]), to: passwords)
      text += "auth: {htpasswd: {realm: test, path: \(passwords)}}\n"
    }
    return text
  }

  private static func write(_ text: String, to path: FilePath) throws {
    let file = try FileDescriptor.open(path, .writeOnly, options: [.create], permissions: .ownerReadWrite)
    try file.closeAfter { _ = try file.writeAll(text.utf8) }
  }
}
