import TOMLKit

extension RegistriesConfiguration {
  private struct Document: Decodable {
    struct Registry: Decodable {
      var prefix: String?
      var location: String?
      var insecure: Bool?
      var blocked: Bool?
      var mirror: [Mirror]?
      var mirrorByDigestOnly: Bool?

      enum CodingKeys: String, CodingKey {
        case prefix, location, insecure, blocked, mirror
        case mirrorByDigestOnly = "mirror-by-digest-only"
      }
    }

    struct Mirror: Decodable {
      var location: String
      var insecure: Bool?
      var pullFromMirror: String?

      enum CodingKeys: String, CodingKey {
        case location, insecure
        case pullFromMirror = "pull-from-mirror"
      }
    }

    var registry: [Registry]?
    var aliases: [String: String]?
    var searchRegistries: [String]?

    enum CodingKeys: String, CodingKey {
      case registry, aliases
      case searchRegistries = "unqualified-search-registries"
    }
  }

  /// Reads every file that applies: the main one, then drop-ins in order of their names.
  ///
  /// `CONTAINERS_REGISTRIES_CONF` replaces all of them (with `CONTAINERS_REGISTRIES_CONF_DIR` for drop-ins); else the
  /// user's file replaces the system's, and the drop-ins of both apply, the user's last.
  /// - Throws: `RegistryError` that names the file.
  package static func load(environment: [String: String]) async throws -> RegistriesConfiguration {
    func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    let user = (value("XDG_CONFIG_HOME") ?? value("HOME").map { "\($0)/.config" }).map { "\($0)/containers" }
    var mains = [user, "/etc/containers"].compactMap { $0 }.map { "\($0)/registries.conf" }
    var directories = ["/etc/containers", user].compactMap { $0 }.map { "\($0)/registries.conf.d" }
    if let only = value("CONTAINERS_REGISTRIES_CONF") {
      mains = [only]
      directories = value("CONTAINERS_REGISTRIES_CONF_DIR").map { [$0] } ?? []
    }
    var configuration = RegistriesConfiguration()
    for path in mains {
      guard let bytes = try await ConfigurationFile.read(path, limit: 1 << 20) else { continue }
      try configuration.add(bytes, path: path)
      break
    }
    for directory in directories {
      for name in try await ConfigurationFile.list(directory, suffixes: [".conf"]) {
        let path = "\(directory)/\(name)"
        if let bytes = try await ConfigurationFile.read(path, limit: 1 << 20) {
          try configuration.add(bytes, path: path)
        }
      }
    }
    // What podman's users chose when they were asked.
    if value("CONTAINERS_REGISTRIES_CONF") == nil,
      let cache = value("XDG_CACHE_HOME") ?? value("HOME").map({ "\($0)/.cache" })
    {
      let path = "\(cache)/containers/short-name-aliases.conf"
      if let bytes = try await ConfigurationFile.read(path, limit: 1 << 20) {
        try configuration.add(bytes, path: path)
      }
    }
    return configuration
  }

  /// The rules of one file.
  ///
  /// - Throws: `RegistryError` that names the file, and the line where TOML knows it.
  static func parse(_ bytes: [UInt8], path: String) throws -> [Rule] {
    var configuration = RegistriesConfiguration()
    try configuration.add(bytes, path: path)
    return configuration.rules
  }

  /// Adds what one file says; it wins over what is there.
  ///
  /// - Throws: as `parse`.
  mutating func add(_ bytes: [UInt8], path: String) throws {
    do {
      let document = try TOMLDecoder().decode(Document.self, from: String(decoding: bytes, as: UTF8.self))
      rules += try (document.registry ?? []).map { try Self.rule($0, path: path) }
      for (name, target) in document.aliases ?? [:] { aliases[name] = Alias(target: target, source: path) }
      if let registries = document.searchRegistries { searchRegistries = registries }
      sources.append(path)
    } catch let error as TOMLParseError {
      throw RegistryError(
        .configuration, "cannot read registries.conf", place: "\(path):\(error.source.begin.line)",
        why: [RegistryMessage.printable(error.description, limit: 200)])
    } catch let error as DecodingError {
      throw RegistryError(
        .configuration, "cannot read registries.conf", place: path,
        why: [RegistryMessage.printable("\(error)", limit: 200)],
        help: "see containers-registries.conf(5), version 2")
    }
  }

  private static func rule(_ registry: Document.Registry, path: String) throws -> Rule {
    guard let prefix = [registry.prefix, registry.location].compactMap({ $0 }).first(where: { !$0.isEmpty }) else {
      throw RegistryError(
        .configuration, "cannot read registries.conf", place: path,
        why: ["a [[registry]] table has neither `prefix` nor `location`"])
    }
    let location = registry.location.flatMap { $0.isEmpty ? nil : $0 }
    var rule = Rule(prefix: trimmed(prefix), location: location.map(trimmed), source: path)
    rule.isInsecure = registry.insecure ?? false
    rule.isBlocked = registry.blocked ?? false
    rule.mirrors = try (registry.mirror ?? []).map { mirror in
      let text = mirror.pullFromMirror ?? (registry.mirrorByDigestOnly == true ? "digest-only" : "all")
      guard let use = Mirror.Use(rawValue: text) else {
        throw RegistryError(
          .configuration, "cannot read registries.conf", place: path,
          why: ["`pull-from-mirror` is `all`, `digest-only` or `tag-only`"])
      }
      return Mirror(location: trimmed(mirror.location), isInsecure: mirror.insecure ?? false, use: use)
    }
    return rule
  }

  private static func trimmed(_ location: String) -> String {
    var rest = Substring(location)
    while rest.hasSuffix("/") { rest = rest.dropLast() }
    return String(rest)
  }
}
