import OCI

extension RegistryClient {
  /// Shows the credentials for a place to its registry, which has to accept them.
  ///
  /// - Throws: `RegistryError`: of status 401 when they are wrong.
  package func checkLogin(_ place: CredentialPlace) async throws {
    guard let repository = place.namespace ?? Repository("login") else { preconditionFailure("a literal name") }
    let reference = Reference(registry: place.registry, repository: repository)
    let endpoint = try await endpoint(try settings.registries.pushLocation(for: reference))
    let request = RegistryRequest(
      .GET, RegistryURL(origin: endpoint.origin, target: "/v2/"), of: endpoint, to: "log in to \(place)", scopes: [])
    try await perform(request) { response in _ = await response.excerpt() }
  }
}
