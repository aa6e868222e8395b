import OCI

/// What credentials are for: a registry, or a part of it, as the keys of auth files name it.
package struct CredentialPlace: Hashable, Sendable, CustomStringConvertible {
  /// As people name it: `quay.io`, `localhost:5000`.
  package let registry: String
  /// `team` or `team/app` for credentials of that part only.
  package let namespace: Repository?

  /// Parses `registry` or `registry/namespace`; a scheme before it is dropped.
  ///
  /// - Throws: `ReferenceError` that says what is wrong.
  package init(parsing text: String) throws(ReferenceError) {
    let key = CredentialFile.normalised(text)
    let host = key.prefix { $0 != "/" }
    guard Origin(scheme: .https, authority: host) != nil else {
      throw ReferenceError(text: text, why: "`\(host)` is not a registry")
    }
    let path = key.dropFirst(host.utf8.count + 1)
    if path.isEmpty {
      namespace = nil
    } else {
      guard let repository = Repository(path) else {
        throw ReferenceError(text: text, why: "`\(path)` is not a part of a registry")
      }
      namespace = repository
    }
    registry = String(host)
  }

  /// The key in auth files.
  package var description: String { namespace.map { "\(registry)/\($0)" } ?? registry }

  /// Whether the credentials are for this repository.
  func covers(registry: String, repository: Repository) -> Bool {
    CredentialFile.keys(registry: registry, repository: repository).contains(description)
  }
}
