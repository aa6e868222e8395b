import FoundationEssentials
import OCI

/// A file of credentials as podman, skopeo (`auth.json`) and docker (`config.json`) write it.
///
/// Implements [containers-auth.json(5)](https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md).
struct CredentialFile: Sendable {
  /// One registry or namespace: either `auth`, or user name and password, or a token, which counts
  /// before both.
  struct Entry: Decodable, Sendable {
    var auth: String?
    var username: String?
    var password: String?
    var identitytoken: String?
    var registrytoken: String?
  }

  private struct Document: Decodable {
    var auths: [String: Entry]?
    var credHelpers: [String: String]?
    var credsStore: String?
  }

  /// Where it was read, for messages.
  let path: String
  /// By normalised key: `quay.io`, `quay.io/microshift`.
  private let entries: [String: Entry]
  private let helpers: [String: String]
  private let defaultHelper: String?

  /// - Throws: `RegistryError` that names the file; its content is never quoted.
  init(path: String, bytes: [UInt8]) throws {
    let document: Document
    do {
      document = try CanonicalJSON.decode(Document.self, from: bytes)
    } catch {
      throw RegistryError(
        .configuration, "cannot read the credentials", place: path, why: ["the file is not a valid auth.json"],
        help: "log in again, or move the file away")
    }
    self.path = path
    entries = Dictionary(
      (document.auths ?? [:]).map { (Self.normalised($0.key), $0.value) }, uniquingKeysWith: { first, _ in first })
    helpers = Dictionary(
      (document.credHelpers ?? [:]).map { (Self.normalised($0.key), $0.value) }, uniquingKeysWith: { first, _ in first }
    )
    defaultHelper = document.credsStore.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// What the file says about a repository.
  enum Answer: Hashable, Sendable {
    case credential(Credential)
    /// A program to ask, and the server name to give it.
    case helper(name: String, server: String)
  }

  /// The helper of the registry first, then the entry with the longest matching key, then the helper for everything.
  func answers(registry: String, repository: Repository) throws -> [Answer] {
    var found: [Answer] = []
    let server = Self.server(of: registry)
    if let helper = helpers[registry], !helper.isEmpty { found.append(.helper(name: helper, server: server)) }
    if let key = Self.keys(registry: registry, repository: repository).first(where: { entries[$0] != nil }),
      let credential = try entries[key].flatMap({ try credential(of: $0, key: key) })
    {
      found.append(.credential(credential))
    }
    if let defaultHelper { found.append(.helper(name: defaultHelper, server: server)) }
    return found
  }

  /// The name by which helpers know a registry.
  static func server(of registry: String) -> String {
    registry == "docker.io" ? "https://index.docker.io/v1/" : registry
  }

  /// The keys under which credentials for a repository may stand, most specific first.
  static func keys(registry: String, repository: Repository) -> [String] {
    var parts = repository.description.split(separator: "/").map(String.init)
    var keys: [String] = []
    while !parts.isEmpty {
      keys.append(([registry] + parts).joined(separator: "/"))
      parts.removeLast()
    }
    return keys + [registry]
  }

  /// `https://index.docker.io/v1/` and the like become the registry's name; other keys lose scheme and trailing slash.
  static func normalised(_ key: String) -> String {
    var rest = Substring(key)
    var hadScheme = false
    for scheme in ["https://", "http://"] where rest.hasPrefix(scheme) {
      rest = rest.dropFirst(scheme.utf8.count)
      hadScheme = true
    }
    while rest.hasSuffix("/") { rest = rest.dropLast() }
    let host = rest.prefix { $0 != "/" }
    let path = rest[host.endIndex...]
    let name = ["index.docker.io", "registry-1.docker.io"].contains(host) ? "docker.io" : String(host)
    return hadScheme || path == "/v1" || path == "/v2" ? name : name + path
  }

  private func credential(of entry: Entry, key: String) throws -> Credential? {
    if let token = entry.registrytoken, !token.isEmpty {
      // It goes into a header as it is.
      guard token.utf8.count <= 64 << 10, token.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
        throw RegistryError(
          .configuration, "cannot read the credentials of \(key)", place: path,
          why: ["`registrytoken` is not a bearer token"], help: "log in again to \(key)")
      }
      return .registryToken(token)
    }
    let password = try password(of: entry, key: key)
    if let token = entry.identitytoken, !token.isEmpty {
      guard case .password(let user, _) = password, !user.isEmpty else { return .identityToken(token) }
      return .identityToken(token, user: user)
    }
    return password
  }

  private func password(of entry: Entry, key: String) throws -> Credential? {
    if let auth = entry.auth, !auth.isEmpty {
      guard let data = Data(base64Encoded: auth), let colon = data.firstIndex(of: UInt8(ascii: ":")) else {
        throw RegistryError(
          .configuration, "cannot read the credentials of \(key)", place: path,
          why: ["`auth` is not user:password in base64"], help: "log in again to \(key)")
      }
      let user = String(decoding: data[..<colon], as: UTF8.self)
      let secret = data[data.index(after: colon)...].filter { $0 != 0 }
      return .password(user: user, password: String(decoding: secret, as: UTF8.self))
    }
    guard let user = entry.username, !user.isEmpty, let password = entry.password else { return nil }
    return .password(user: user, password: password)
  }
}
