/// The name of an image at a registry: `registry/repository:tag@digest`, tag and digest optional.
///
/// Short names are completed as Docker does: `busybox` is `docker.io/library/busybox`. Implements the grammar of
/// [distribution specification, "Pulling manifests"](https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pulling-manifests).
package struct Reference: Hashable, Sendable {
  /// Host and optional port, as written: `quay.io`, `localhost:5000`, `[::1]:5000`.
  package var registry: String
  /// Path below the registry, lower-case, without a leading slash: `microshift/base-image`.
  package var repository: Repository
  package var tag: Tag?
  package var digest: Digest?

  package init(registry: String, repository: Repository, tag: Tag? = nil, digest: Digest? = nil) {
    self.registry = registry
    self.repository = repository
    self.tag = tag
    self.digest = digest
  }

  /// Parses a reference as people write it.
  ///
  /// - Throws: `ReferenceError` that names the part at fault.
  package init(parsing text: some StringProtocol) throws(ReferenceError) {
    var rest = Substring(text)
    guard !rest.isEmpty, rest.utf8.count <= 1024 else {
      throw ReferenceError(text: String(text), why: rest.isEmpty ? "it is empty" : "it is longer than 1024 bytes")
    }
    var digest: Digest?
    if let at = rest.firstIndex(of: "@") {
      digest = Digest(rest[rest.index(after: at)...])
      guard digest != nil else { throw ReferenceError(text: String(text), why: "what follows `@` is not a digest") }
      rest = rest[..<at]
    }
    var tag: Tag?
    if let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("/") {
      tag = Tag(rest[rest.index(after: colon)...])
      guard tag != nil else { throw ReferenceError(text: String(text), why: "what follows `:` is not a tag") }
      rest = rest[..<colon]
    }
    let (registry, path) = Self.splitRegistry(rest)
    guard Self.isHost(registry) else {
      throw ReferenceError(text: String(text), why: "`\(registry)` is not a host name")
    }
    guard let repository = Repository(path) else {
      let lower = path.lowercased()
      let hint = lower != path && Repository(lower) != nil ? "; repository names are lower-case" : ""
      throw ReferenceError(text: String(text), why: "`\(path)` is not a repository name\(hint)")
    }
    self.init(registry: registry, repository: repository, tag: tag, digest: digest)
  }

  /// `registry/repository` without tag and digest.
  package var name: String { "\(registry)/\(repository)" }

  /// The same name with a tag and no digest.
  package func tagged(_ tag: Tag) -> Reference { Reference(registry: registry, repository: repository, tag: tag) }

  /// The same name with a digest and no tag.
  package func pinned(_ digest: Digest) -> Reference {
    Reference(registry: registry, repository: repository, digest: digest)
  }

  /// What to ask a registry for: the digest where there is one, else the tag, else `latest`.
  package var manifestSelector: String { digest?.description ?? tag?.description ?? "latest" }

  private static func splitRegistry(_ name: Substring) -> (registry: String, path: String) {
    if let slash = name.firstIndex(of: "/") {
      let first = name[..<slash]
      if first.contains(".") || first.contains(":") || first == "localhost" || first.contains(where: \.isUppercase) {
        let path = String(name[name.index(after: slash)...])
        let isHub = first == "docker.io" || first == "index.docker.io"
        return (isHub ? "docker.io" : String(first), isHub && !path.contains("/") ? "library/" + path : path)
      }
      return ("docker.io", String(name))
    }
    return ("docker.io", "library/" + name)
  }

  private static func isHost(_ text: String) -> Bool {
    var host = Substring(text)
    if host.hasPrefix("[") {
      guard let close = host.firstIndex(of: "]") else { return false }
      let address = host[host.index(after: host.startIndex)..<close]
      guard !address.isEmpty, address.utf8.allSatisfy({ isHexDigit($0) || $0 == UInt8(ascii: ":") }) else {
        return false
      }
      let port = host[host.index(after: close)...]
      return port.isEmpty || (port.hasPrefix(":") && isPort(port.dropFirst()))
    }
    if let colon = host.firstIndex(of: ":") {
      guard isPort(host[host.index(after: colon)...]) else { return false }
      host = host[..<colon]
    }
    return host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
      guard let first = label.utf8.first, let last = label.utf8.last else { return false }
      return isAlphanumeric(first) && isAlphanumeric(last)
        && label.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }
  }

  private static func isPort(_ text: some StringProtocol) -> Bool {
    (1...5).contains(text.utf8.count) && UInt16(text) != nil
  }

  private static func isHexDigit(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20)
  }
}

extension Reference: CustomStringConvertible {
  package var description: String {
    name + (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "")
  }
}

/// Text that is no image reference, and the part that makes it so.
package struct ReferenceError: Error, Hashable, CustomStringConvertible {
  package let text: String
  package let why: String

  package init(text: String, why: String) {
    self.text = text
    self.why = why
  }

  package var description: String { "`\(text)` is not an image reference: \(why)" }
}
