import OCI

/// Which registries are mirrored, blocked or spoken to without certificates, by prefix of the image name.
///
/// The meaning of version 2 of
/// [containers-registries.conf(5)](https://github.com/containers/image/blob/main/docs/containers-registries.conf.5.md).
package struct RegistriesConfiguration: Hashable, Sendable {
  /// One `[[registry]]` table.
  package struct Rule: Hashable, Sendable {
    /// `quay.io`, `quay.io/namespace`, `*.example.com`.
    package var prefix: String
    /// What replaces the prefix when pulling.
    package var location: String
    package var isInsecure = false
    package var isBlocked = false
    package var mirrors: [Mirror] = []
    /// The file that says so.
    package var source: String

    package init(prefix: String, location: String? = nil, source: String) {
      self.prefix = prefix
      self.location = location ?? prefix
      self.source = source
    }
  }

  /// One `[[registry.mirror]]` table: asked before the registry itself, for pulling only.
  package struct Mirror: Hashable, Sendable {
    /// Which references may be looked for here.
    package enum Use: String, Hashable, Sendable {
      case all
      case digestOnly = "digest-only"
      case tagOnly = "tag-only"
    }

    package var location: String
    package var isInsecure: Bool
    package var use: Use

    package init(location: String, isInsecure: Bool = false, use: Use = .all) {
      self.location = location
      self.isInsecure = isInsecure
      self.use = use
    }
  }

  /// Where a reference may be found, and whether an untrusted connection to it is allowed.
  package struct Location: Hashable, Sendable {
    package var reference: Reference
    package var isInsecure: Bool
  }

  /// In the order read; of two with the same prefix the later one counts.
  package var rules: [Rule]
  /// Short names and what they stand for, the later file winning.
  package var aliases: [String: Alias] = [:]
  /// Registries that complete a short name without an alias; Docker Hub does where there are none.
  package var searchRegistries: [String] = []
  /// Every file that was read, in that order.
  package var sources: [String] = []

  package init(rules: [Rule] = []) { self.rules = rules }

  /// The rule with the longest prefix that matches a repository.
  package func rule(for reference: Reference) -> Rule? {
    var best: (rule: Rule, length: Int)?
    for rule in rules {
      if let length = Self.match(rule.prefix, reference), length >= best?.length ?? 0 { best = (rule, length) }
    }
    return best?.rule
  }

  /// Places to pull from, in order: mirrors, then the registry's own location.
  ///
  /// - Throws: `RegistryError` when the registry is blocked, or a location makes no reference.
  package func pullLocations(for reference: Reference) throws -> [Location] {
    guard let rule = try allowedRule(for: reference) else {
      return [Location(reference: reference, isInsecure: false)]
    }
    let mirrors = try rule.mirrors.filter { mirror in
      switch mirror.use {
      case .all: true
      case .digestOnly: reference.digest != nil
      case .tagOnly: reference.digest == nil
      }
    }.map { mirror in
      Location(
        reference: try Self.rewrite(reference, rule: rule, location: mirror.location), isInsecure: mirror.isInsecure)
    }
    let primary = try Self.rewrite(reference, rule: rule, location: rule.location)
    return mirrors + [Location(reference: primary, isInsecure: rule.isInsecure)]
  }

  /// The one place to push to: the name as written, never a mirror.
  ///
  /// - Throws: `RegistryError` when the registry is blocked.
  package func pushLocation(for reference: Reference) throws -> Location {
    Location(reference: reference, isInsecure: try allowedRule(for: reference)?.isInsecure ?? false)
  }

  private func allowedRule(for reference: Reference) throws -> Rule? {
    guard let rule = rule(for: reference), rule.isBlocked else { return rule(for: reference) }
    throw RegistryError(
      .configuration, "\(reference.name) is blocked", place: rule.source,
      why: ["`blocked = true` for prefix \(rule.prefix)"], help: "remove `blocked`, or use another registry")
  }

  /// Length of the part of `reference` that `prefix` covers; nil when it does not match.
  private static func match(_ prefix: String, _ reference: Reference) -> Int? {
    if prefix.hasPrefix("*.") {
      let suffix = prefix.dropFirst()
      let host = reference.registry.prefix { $0 != ":" }
      return host.hasSuffix(suffix) && host.utf8.count > suffix.utf8.count ? suffix.utf8.count : nil
    }
    let name = reference.name
    guard name.hasPrefix(prefix) else { return nil }
    let rest = name.dropFirst(prefix.count)
    return rest.isEmpty || rest.first == "/" ? prefix.utf8.count : nil
  }

  private static func rewrite(_ reference: Reference, rule: Rule, location: String) throws -> Reference {
    let name: String
    if rule.prefix.hasPrefix("*.") {
      // A wildcard rule without a location of its own leaves the name as it is.
      name = location == rule.prefix ? reference.name : "\(location)/\(reference.repository)"
    } else {
      name = location + reference.name.dropFirst(rule.prefix.count)
    }
    do {
      var rewritten = try Reference(parsing: name)
      (rewritten.tag, rewritten.digest) = (reference.tag, reference.digest)
      return rewritten
    } catch {
      throw RegistryError(
        .configuration, "the location of prefix \(rule.prefix) is of no use", place: rule.source, why: ["\(error)"])
    }
  }
}
