import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import OCI

extension RegistryClient {
  /// What a reference names now, asked once per run: mirrors first, then the registry.
  ///
  /// - Throws: `RegistryError` of the last place asked.
  package func resolve(_ reference: Reference) async throws -> ResolvedManifest {
    try await resolutions.value(for: reference) {
      try await self.fromFirst(of: try await self.pullEndpoints(for: reference)) { endpoint in
        try await self.manifest(reference.manifestSelector, at: endpoint)
      }
    }
  }

  /// The servers that may have a reference, in the order to ask them.
  func pullEndpoints(for reference: Reference) async throws -> [Endpoint] {
    var endpoints: [Endpoint] = []
    if let rule = settings.registries.rule(for: reference) {
      settings.trace("\(reference): rule for \(rule.prefix) in \(rule.source)")
    }
    for location in try settings.registries.pullLocations(for: reference) {
      endpoints.append(try await endpoint(location))
    }
    return endpoints
  }

  /// The first success among several servers; the last failure with the others among its reasons.
  func fromFirst<T>(of endpoints: [Endpoint], _ body: (Endpoint) async throws -> T) async throws -> T {
    var failures: [RegistryError] = []
    for endpoint in endpoints {
      do {
        return try await body(endpoint)
      } catch let error as RegistryError {
        failures.append(error)
      }
    }
    guard let last = failures.last else { throw CancellationError() }
    throw failures.dropLast().reduce(last) { $0.because("before that: \($1.what) (\($1.why.first ?? "no reason"))") }
  }

  /// A manifest by tag or digest from one server, with everything about it verified.
  func manifest(_ selector: String, at endpoint: Endpoint) async throws -> ResolvedManifest {
    var request = RegistryRequest(
      .GET, endpoint.manifest(selector), of: endpoint,
      to: "read \(endpoint.registry)/\(endpoint.repository)\(Digest(selector) == nil ? ":" : "@")\(selector)")
    request.headers = Self.acceptHeaders
    return try await perform(request) { response in
      try await Self.verified(response, selector: selector, request: request)
    }
  }

  /// Whether a manifest is at a server, by digest; the tag's present digest when `selector` is a tag.
  ///
  /// nil when it is not there.
  func manifestDigest(_ selector: String, at endpoint: Endpoint) async throws -> Digest? {
    var request = RegistryRequest(
      .HEAD, endpoint.manifest(selector), of: endpoint,
      to: "look for \(selector) in \(endpoint.registry)/\(endpoint.repository)",
      scopes: [TokenScope(endpoint.repository, .pullAndPush)])
    request.headers = Self.acceptHeaders
    request.accepted = [200, 404]
    return try await perform(request) { response in
      guard response.status == .ok else { return nil }
      let announced = response.headers.first(name: "Docker-Content-Digest").flatMap { Digest($0) }
      return Digest(selector) ?? announced
    }
  }

  /// Puts a manifest under a tag or its digest; everything it refers to must be there.
  ///
  /// - Returns: whether the registry said (`OCI-Subject`) that it will list the manifest among its subject's referrers.
  /// - Throws: `RegistryError`, also when the registry stored something else.
  @discardableResult
  func put(
    _ bytes: [UInt8], _ descriptor: Descriptor, as selector: String, at endpoint: Endpoint
  ) async throws -> Bool {
    var request = RegistryRequest(
      .PUT, endpoint.manifest(selector), of: endpoint,
      to: "publish \(endpoint.registry)/\(endpoint.repository)\(Digest(selector) == nil ? ":" : "@")\(selector)",
      scopes: [TokenScope(endpoint.repository, .pullAndPush)])
    request.headers = [("Content-Type", descriptor.mediaType.rawValue)]
    request.body = .bytes(bytes)
    request.accepted = [200, 201, 202]
    let question = request
    let listsReferrer = try await settings.retry.run {
      do {
        return try await performOnce(question) { response in
          _ = await response.excerpt()
          let stored = response.headers.first(name: "Docker-Content-Digest").flatMap { Digest($0) }
          if let stored, stored.algorithm == descriptor.digest.algorithm, stored != descriptor.digest {
            throw RegistryError(
              .corrupt, "cannot \(question.purpose)", place: question.place,
              why: ["the registry stored \(stored) instead of \(descriptor.digest)"], isTransient: true)
          }
          return response.headers.first(name: "OCI-Subject") != nil
        }
      } catch let error as RegistryError where error.codes.contains("DIGEST_INVALID") {
        // What arrived was not what was sent.
        throw error.passing
      }
    }
    placements.record(descriptor.digest, at: endpoint, isConfirmed: false)
    return listsReferrer
  }

  /// Deletes a manifest by tag or digest, or a blob by digest; what is not there is not an error.
  ///
  /// - Throws: `RegistryError`, such as status 405 where a registry does not delete.
  func delete(_ url: RegistryURL, at endpoint: Endpoint) async throws {
    var request = RegistryRequest(
      .DELETE, url, of: endpoint, to: "delete from \(endpoint.registry)/\(endpoint.repository)",
      scopes: [TokenScope(endpoint.repository, .delete)])
    request.accepted = [200, 202, 204, 404]
    try await perform(request) { response in _ = await response.excerpt() }
  }

  /// Deletes what a reference names, the digest where it has one, else the tag alone where the registry can.
  ///
  /// - Throws: `RegistryError`.
  package func delete(_ reference: Reference) async throws {
    let endpoint = try await endpoint(try settings.registries.pushLocation(for: reference))
    try await delete(endpoint.manifest(reference.manifestSelector), at: endpoint)
    resolutions.forget(reference)
  }

  private static let acceptHeaders = [
    MediaType.index, .manifest, .dockerIndex, .dockerManifest,
  ].map { (name: "Accept", value: $0.rawValue) }

  private static func verified(
    _ response: HTTPClientResponse, selector: String, request: RegistryRequest
  ) async throws -> ResolvedManifest {
    func fault(_ why: String, isTransient: Bool) -> RegistryError {
      RegistryError(
        .corrupt, "cannot \(request.purpose)", place: request.place, why: [why], isTransient: isTransient)
    }
    let limit = ResolvedManifest.sizeLimit
    var bytes: [UInt8] = []
    for try await piece in response.body {
      guard bytes.count + piece.readableBytes <= limit else {
        throw fault("the manifest is larger than \(limit >> 20) MiB", isTransient: false)
      }
      bytes += piece.readableBytesView
    }
    let announced = response.headers.first(name: "Docker-Content-Digest").flatMap { Digest($0) }
    let wanted = Digest(selector) ?? announced
    let digest = ResolvedManifest.digest(of: bytes, like: wanted)
    guard wanted == nil || wanted == digest else {
      throw fault("the bytes do not hash to \(wanted?.description ?? selector)", isTransient: true)
    }
    do {
      let type = try ResolvedManifest.mediaType(of: bytes, contentType: response.headers.first(name: "Content-Type"))
      return ResolvedManifest(
        descriptor: Descriptor(mediaType: type, digest: digest, size: Int64(bytes.count)), bytes: bytes,
        endpoint: request.endpoint)
    } catch {
      // A page of a server in between looks like this, and is gone the next time.
      throw fault(error.why, isTransient: true)
    }
  }
}
