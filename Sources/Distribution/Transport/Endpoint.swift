import OCI

/// One repository at the server that is really asked for it, with the paths of the distribution protocol.
///
/// Implements the end-points of
/// [distribution specification, "Endpoints"](https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#endpoints).
package struct Endpoint: Hashable, Sendable {
  /// The registry as people name it (`docker.io`, `localhost:5000`): the key for credentials and messages.
  package let registry: String
  package let repository: Repository
  /// The server, which differs from the name for Docker Hub.
  package let origin: Origin
  /// False where the configuration allows certificates that nobody vouches for.
  package let verifiesCertificates: Bool

  /// A manifest by tag or digest, as `Reference.manifestSelector` gives it.
  func manifest(_ selector: String) -> RegistryURL { url("manifests/\(selector)") }

  /// A blob by its digest.
  func blob(_ digest: Digest) -> RegistryURL { url("blobs/\(digest)") }

  /// Where uploads begin.
  var uploads: RegistryURL { url("blobs/uploads/") }

  /// Where uploads begin, asking the registry to link `digest` from another of its repositories instead.
  func mount(_ digest: Digest, from source: Repository) -> RegistryURL {
    uploads.appending(query: "mount", digest.description).appending(query: "from", source.description)
  }

  /// The first page of the repository's tags, `limit` to a page.
  func tags(limit: Int) -> RegistryURL { url("tags/list").appending(query: "n", String(limit)) }

  /// The manifests that name `digest` as their subject.
  func referrers(_ digest: Digest) -> RegistryURL { url("referrers/\(digest)") }

  /// The same server, another repository.
  func sibling(_ repository: Repository) -> Endpoint {
    Endpoint(
      registry: registry, repository: repository, origin: origin, verifiesCertificates: verifiesCertificates)
  }

  /// The server behind a registry's name: Docker Hub answers under another one.
  static func server(of registry: String) -> String {
    registry == "docker.io" ? "registry-1.docker.io" : registry
  }

  private func url(_ path: String) -> RegistryURL {
    RegistryURL(origin: origin, target: "/v2/\(repository)/\(path)")
  }
}
