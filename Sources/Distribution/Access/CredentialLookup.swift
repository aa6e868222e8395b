import OCI
import Scheduling

/// Finds the credential for a repository in the files of the container tools, read once per run.
///
/// The files, first match wins: `REGISTRY_AUTH_FILE` alone when it is set; else
/// `$XDG_RUNTIME_DIR/containers/auth.json`, `/run/containers/UID/auth.json`, `$XDG_CONFIG_HOME/containers/auth.json`,
/// and docker's `$DOCKER_CONFIG/config.json` (`~/.docker/config.json`).
package final class CredentialLookup: Sendable {
  private struct Key: Hashable {
    let registry: String
    let repository: Repository
  }

  private let environment: [String: String]
  private let trace: Trace
  /// Credentials that come before those of any file.
  private let given: [CredentialPlace: Credential]
  /// The files in the order they are asked.
  let paths: [String]
  private let files = SingleFlight<Bool, [CredentialFile]>(remembers: true)
  private let found = SingleFlight<Key, Credential?>(remembers: true)
  private let asked = SingleFlight<[String], Credential?>(remembers: true)

  /// Takes what the process was started with; nothing is read before the first question.
  package convenience init(environment: [String: String], userID: UInt32) {
    self.init(environment, paths: Self.paths(environment: environment, userID: userID), given: [:], trace: .silent)
  }

  private init(
    _ environment: [String: String], paths: [String], given: [CredentialPlace: Credential], trace: Trace
  ) {
    self.environment = environment
    self.paths = paths
    self.given = given
    self.trace = trace
  }

  /// The same lookup, nothing read yet, that tells where it finds what.
  func tracing(_ trace: Trace) -> CredentialLookup {
    CredentialLookup(environment, paths: paths, given: given, trace: trace)
  }

  /// The same lookup, nothing read yet, with one more credential.
  func adding(_ credential: Credential, for place: CredentialPlace) -> CredentialLookup {
    CredentialLookup(environment, paths: paths, given: given.merging([place: credential]) { $1 }, trace: trace)
  }

  /// The credential for `repository` at `registry`; nil when no file has one, which means anonymous.
  ///
  /// - Throws: `RegistryError` for an unreadable file or a failing credential helper.
  package func credential(registry: String, repository: Repository) async throws -> Credential? {
    try await found.value(for: Key(registry: registry, repository: repository)) {
      if let (place, credential) = given.first(where: { $0.key.covers(registry: registry, repository: repository) }) {
        trace("\(registry)/\(repository): \(credential), as given for \(place)")
        return credential
      }
      for file in try await loadedFiles() {
        for answer in try file.answers(registry: registry, repository: repository) {
          guard let credential = try await resolve(answer) else { continue }
          trace("\(registry)/\(repository): \(credential), from \(file.path)\(answer.detail)")
          return credential
        }
      }
      trace("\(registry)/\(repository): no credentials in \(paths.joined(separator: ", "))")
      return nil
    }
  }

  /// One line for error messages: where credentials were looked for.
  package var hint: String { "credentials are read from \(paths.joined(separator: ", "))" }

  static func paths(environment: [String: String], userID: UInt32) -> [String] {
    func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    if let only = value("REGISTRY_AUTH_FILE") { return [only] }
    let home = value("HOME")
    var paths: [String] = []
    if let runtime = value("XDG_RUNTIME_DIR") { paths.append("\(runtime)/containers/auth.json") }
    paths.append("/run/containers/\(userID)/auth.json")
    if let configuration = value("XDG_CONFIG_HOME") ?? home.map({ "\($0)/.config" }) {
      paths.append("\(configuration)/containers/auth.json")
    }
    if let docker = value("DOCKER_CONFIG") ?? home.map({ "\($0)/.docker" }) { paths.append("\(docker)/config.json") }
    return paths
  }

  private func resolve(_ answer: CredentialFile.Answer) async throws -> Credential? {
    switch answer {
    case .credential(let credential): return credential
    case .helper(let name, let server):
      return try await asked.value(for: [name, server]) {
        try await CredentialHelper(name: name, environment: environment).credential(for: server)
      }
    }
  }

  private func loadedFiles() async throws -> [CredentialFile] {
    try await files.value(for: true) {
      var result: [CredentialFile] = []
      for path in paths {
        guard let bytes = try await ConfigurationFile.read(path, limit: 4 << 20) else { continue }
        trace("read \(path)")
        result.append(try CredentialFile(path: path, bytes: bytes))
      }
      return result
    }
  }
}

extension CredentialFile.Answer {
  /// What an auth file's own path does not say.
  fileprivate var detail: String {
    switch self {
    case .credential: ""
    case .helper(let name, _): " by the helper \(name)"
    }
  }
}
