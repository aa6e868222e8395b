import FoundationEssentials
import Glibc
import OCI
import Subprocess
import SystemPackage

/// A program `docker-credential-NAME` that keeps credentials in a place of its own.
///
/// Implements the `get` action of
/// [docker-credential-helpers](https://github.com/docker/docker-credential-helpers#development).
struct CredentialHelper: Sendable {
  let name: String
  let environment: [String: String]

  /// The credential for `server`; nil when the helper says it has none.
  ///
  /// - Throws: `RegistryError` when the program is missing, fails or does not answer within 60 s.
  func credential(for server: String) async throws -> Credential? {
    guard let output = try await ask("get", server, about: server) else { return nil }
    return try Self.parse(output, program: program)
  }

  /// Keeps a credential.
  ///
  /// - Throws: as `credential(for:)`.
  func store(_ credential: Credential, for server: String) async throws {
    struct Entry: Encodable {
      let ServerURL: String
      let Username: String
      let Secret: String
    }
    let entry: Entry
    switch credential {
    case .password(let user, let password): entry = Entry(ServerURL: server, Username: user, Secret: password)
    case .identityToken(let token, _): entry = Entry(ServerURL: server, Username: "<token>", Secret: token)
    case .registryToken:
      throw RegistryError(
        .configuration, "cannot keep a registry token in the credential helper \(name)", place: server,
        why: ["helpers keep passwords and identity tokens"])
    }
    _ = try await ask("store", String(decoding: try CanonicalJSON.encode(entry), as: UTF8.self), about: server)
  }

  /// Forgets what it has for a server.
  ///
  /// - Throws: as `credential(for:)`.
  func erase(_ server: String) async throws { _ = try await ask("erase", server, about: server) }

  private var program: String { "docker-credential-\(name)" }

  /// Runs one action; nil when the helper says that it has nothing.
  private func ask(_ action: String, _ question: String, about server: String) async throws -> String? {
    guard name.utf8.allSatisfy(Self.isNameByte), let path = Self.find(program, in: environment["PATH"] ?? "") else {
      throw RegistryError(
        .configuration, "cannot ask the credential helper `\(name)` about \(server)",
        why: ["there is no program \(program) in PATH"], help: "install \(program), or remove it from the auth file")
    }
    let result = try await withTimeout(.seconds(60), what: "the credential helper \(program)") {
      try await run(
        .path(path), arguments: [action], environment: .custom(subprocessEnvironment), input: .string(question),
        output: .string(limit: 64 << 10), error: .string(limit: 64 << 10))
    }
    try Task.checkCancellation()
    guard result.terminationStatus.isSuccess else {
      let said = result.standardOutput + result.standardError
      if said.contains("credentials not found") || said.contains("no credentials") { return nil }
      throw RegistryError(
        .configuration, "the credential helper \(program) failed for \(server)",
        why: [RegistryMessage.printable(said.split(separator: "\n").first.map(String.init) ?? "no output", limit: 200)],
        help: "run `echo \(server) | \(program) get`")
    }
    return result.standardOutput
  }

  static func parse(_ output: String, program: String) throws -> Credential? {
    struct Answer: Decodable {
      let username: String
      let secret: String

      enum CodingKeys: String, CodingKey {
        case username = "Username"
        case secret = "Secret"
      }
    }
    guard let answer = try? CanonicalJSON.decode(Answer.self, from: Array(output.utf8)) else {
      throw RegistryError(
        .configuration, "the credential helper \(program) gave an answer that is not understood",
        why: ["expected a JSON object with Username and Secret"])
    }
    if answer.secret.isEmpty { return nil }
    return answer.username == "<token>"
      ? .identityToken(answer.secret) : .password(user: answer.username, password: answer.secret)
  }

  private var subprocessEnvironment: [Environment.Key: String] {
    Dictionary(
      environment.compactMap { name, value in Environment.Key(rawValue: name).map { ($0, value) } },
      uniquingKeysWith: { first, _ in first })
  }

  private static func find(_ program: String, in path: String) -> FilePath? {
    path.split(separator: ":").map { FilePath(String($0)).appending(program) }
      .first { $0.isAbsolute && access($0.string, X_OK) == 0 }
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
      true
    default: false
    }
  }
}

/// Runs `body`, cancelling it when it takes longer than `limit`.
private func withTimeout<T: Sendable>(
  _ limit: Duration, what: String, _ body: @escaping @Sendable () async throws -> T
) async throws -> T {
  try await withThrowingTaskGroup(of: T.self) { group in
    group.addTask(operation: body)
    group.addTask {
      try await Task.sleep(for: limit)
      throw RegistryError(.configuration, "\(what) did not answer within \(limit.components.seconds) s")
    }
    defer { group.cancelAll() }
    guard let first = try await group.next() else { throw CancellationError() }
    return first
  }
}
