import FoundationEssentials
import Glibc
import Linux
import OCI
import SystemPackage

/// The file in which `login` keeps credentials, or the helper that the file names for a registry.
package struct CredentialStore: Sendable {
  private let environment: [String: String]
  /// Where new credentials go.
  package let path: FilePath

  /// `REGISTRY_AUTH_FILE`, else `$XDG_RUNTIME_DIR/containers/auth.json`, which does not outlive the session; else
  /// `/run/containers/0/auth.json` for root and `auth.json` of the configuration directory for others.
  package init(environment: [String: String], userID: UInt32 = Machine.effectiveUser) {
    self.environment = environment
    func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    if let file = value("REGISTRY_AUTH_FILE") {
      path = FilePath(file)
    } else if let runtime = value("XDG_RUNTIME_DIR") {
      path = FilePath("\(runtime)/containers/auth.json")
    } else if userID == 0 {
      path = "/run/containers/0/auth.json"
    } else {
      let configuration = value("XDG_CONFIG_HOME") ?? "\(value("HOME") ?? "")/.config"
      path = FilePath("\(configuration)/containers/auth.json")
    }
  }

  /// Keeps a credential; the file is replaced as a whole, readable by its owner only, and what else is in it stays.
  ///
  /// - Returns: where it is now, for messages.
  /// - Throws: `RegistryError` when the file or the helper cannot be used.
  package func save(_ credential: Credential, for place: CredentialPlace) async throws -> String {
    if let helper = try await helper(for: place) {
      try await helper.store(credential, for: CredentialFile.server(of: place.registry))
      return "the credential helper \(helper.name)"
    }
    try await update { document in
      var auths = document["auths"] ?? .object([:])
      var entry: [String: JSONValue] = [:]
      switch credential {
      case .password(let user, let password):
        entry["auth"] = .string(Data("\(user):\(password)".utf8).base64EncodedString())
      case .identityToken(let token, let user):
        entry["identitytoken"] = .string(token)
        if let user { entry["auth"] = .string(Data("\(user):".utf8).base64EncodedString()) }
      case .registryToken(let token): entry["registrytoken"] = .string(token)
      }
      auths["\(place)"] = .object(entry)
      document["auths"] = auths
    }
    return path.string
  }

  /// Forgets a credential.
  ///
  /// - Returns: where it was; nil when there was none.
  /// - Throws: `RegistryError` when the file or the helper cannot be used.
  package func remove(_ place: CredentialPlace) async throws -> String? {
    if let helper = try await helper(for: place) {
      try await helper.erase(CredentialFile.server(of: place.registry))
      return "the credential helper \(helper.name)"
    }
    guard let document = try await document(),
      case .object(let auths)? = document["auths"], auths.keys.contains(where: { Self.isKey($0, of: place) })
    else { return nil }
    try await update { document in
      guard case .object(var auths)? = document["auths"] else { return }
      for key in auths.keys where Self.isKey(key, of: place) { auths[key] = nil }
      document["auths"] = .object(auths)
    }
    return path.string
  }

  private static func isKey(_ key: String, of place: CredentialPlace) -> Bool {
    CredentialFile.normalised(key) == place.description
  }

  /// The helper that the file names for the registry; helpers know registries only, so a namespace is never theirs.
  private func helper(for place: CredentialPlace) async throws -> CredentialHelper? {
    guard place.namespace == nil, let document = try await document() else { return nil }
    if case .object(let helpers)? = document["credHelpers"] {
      for (key, value) in helpers where CredentialFile.normalised(key) == place.registry {
        if case .string(let name) = value, !name.isEmpty {
          return CredentialHelper(name: name, environment: environment)
        }
      }
    }
    if case .string(let name)? = document["credsStore"], !name.isEmpty {
      return CredentialHelper(name: name, environment: environment)
    }
    return nil
  }

  private func document() async throws -> JSONValue? {
    guard let bytes = try await ConfigurationFile.read(path.string, limit: 4 << 20) else { return nil }
    return try decode(bytes)
  }

  private func decode(_ bytes: [UInt8]) throws -> JSONValue {
    if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x0a }) { return .object([:]) }
    guard let document = try? CanonicalJSON.decode(JSONValue.self, from: bytes), case .object = document else {
      throw RegistryError(
        .configuration, "cannot read the credentials", place: path.string, why: ["the file is not a valid auth.json"],
        help: "move the file away")
    }
    return document
  }

  /// Changes the file under a lock that other runs of this program respect.
  private func update(_ change: @escaping @Sendable (inout JSONValue) -> Void) async throws {
    try await BlockingPool.shared.run {
      do {
        // A link in place of the file is followed, so that the file it names is the one that changes.
        let target = realpath(path.string, nil).map { pointer in
          defer { free(pointer) }
          return FilePath(platformString: pointer)
        }
        let file = target ?? path
        guard let name = file.lastComponent?.string else { throw Errno.invalidArgument }
        let parent = file.parentOrWorkingDirectory
        try Self.makeDirectories(parent)
        let directory = try Directory(at: parent)
        try directory.descriptor.withLock(.exclusive) {
          var document = try read(name, in: directory)
          change(&document)
          try Self.replace(name, in: directory, with: try document.text())
        }
      } catch let error as Errno {
        throw RegistryError(
          .configuration, "cannot write the credentials", place: path.string, why: ["\(error)"],
          help: "set REGISTRY_AUTH_FILE to a file that you can write")
      }
    }
  }

  private func read(_ name: String, in directory: Directory) throws -> JSONValue {
    let file: FileDescriptor
    do throws(Errno) { file = try directory.file(name) } catch {
      if error == .noSuchFileOrDirectory { return .object([:]) }
      throw error
    }
    defer { file.closeQuietly() }
    return try decode(try file.readAll(limit: 4 << 20))
  }

  private static func replace(_ name: String, in directory: Directory, with bytes: [UInt8]) throws {
    let temporary = ".\(name)-\(Directory.randomName())"
    let file = try directory.file(temporary, .writeOnly, options: [.create, .exclusiveCreate], permissions: 0o600)
    do {
      defer { file.closeQuietly() }
      try file.writeFully(bytes)
      try file.synchronize()
      try directory.rename(temporary, to: name)
    } catch {
      try? directory.removeFile(temporary)
      throw error
    }
  }

  private static func makeDirectories(_ path: FilePath) throws {
    if mkdir(path.string, 0o700) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, path.removingLastComponent() != path, !path.removingLastComponent().isEmpty else {
      throw Errno(rawValue: errno)
    }
    try makeDirectories(path.removingLastComponent())
    if mkdir(path.string, 0o700) != 0, errno != EEXIST { throw Errno(rawValue: errno) }
  }
}
