import OCI

extension RegistriesConfiguration {
  /// What an entry of an `[aliases]` table says.
  package struct Alias: Hashable, Sendable {
    /// The full name; empty where a later file takes an alias away.
    package var target: String
    /// The file that says so.
    package var source: String
  }

  /// Parses a reference whose name may be a short one, such as `fedora` or `team/app:v1`.
  ///
  /// An alias comes first, then the one registry that completes short names; without any of them Docker Hub does.
  /// - Throws: `ReferenceError`; `RegistryError` when several registries complete short names, since guessing between them
  ///   would let whoever owns the name in the first one decide.
  package func reference(parsing text: String) throws -> Reference {
    let parsed = try Reference(parsing: text)
    guard Self.isShort(text) else { return parsed }
    let name = Self.name(in: text)
    let suffix = text.dropFirst(name.utf8.count)
    if let alias = aliases[String(name)], !alias.target.isEmpty {
      return try Reference(parsing: alias.target + suffix)
    }
    guard searchRegistries.count < 2 else {
      throw RegistryError(
        .configuration, "`\(text)` could be an image of several registries",
        why: ["registries.conf lists \(searchRegistries.joined(separator: ", "))"],
        help: "write the whole name: \(searchRegistries[0])/\(text)")
    }
    return try searchRegistries.first.map { try Reference(parsing: "\($0)/\(text)") } ?? parsed
  }

  /// How a reference came from what was typed; nil when it is what was typed.
  func origin(of text: String) -> String? {
    guard Self.isShort(text) else { return nil }
    if let alias = aliases[String(Self.name(in: text))], !alias.target.isEmpty { return "an alias in \(alias.source)" }
    return searchRegistries.isEmpty ? "Docker Hub's short names" : "unqualified-search-registries"
  }

  /// Whether the first part of the name is no registry.
  private static func isShort(_ text: String) -> Bool {
    let name = name(in: text)
    guard let slash = name.firstIndex(of: "/") else { return true }
    let first = name[..<slash]
    return !first.contains(".") && !first.contains(":") && first != "localhost"
  }

  /// The text without tag and digest.
  private static func name(in text: String) -> Substring {
    let rest = text.prefix { $0 != "@" }
    guard let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("/") else { return rest }
    return rest[..<colon]
  }
}
