import AsyncHTTPClient
import Content
import NIOHTTP1
import OCI

extension RegistryClient {
  /// The manifests that name `digest` as their subject, such as signatures and bills of materials.
  ///
  /// Asks the referrers API, and a registry without it for the tag that stands in for it.
  /// Implements [distribution specification, "Listing Referrers"](https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#listing-referrers).
  /// - Parameter artifactType: only those of this type.
  /// - Throws: `RegistryError`.
  package func referrers(
    of digest: Digest, in reference: Reference, artifactType: MediaType? = nil
  ) async throws -> [Descriptor] {
    let found = try await fromFirst(of: try await pullEndpoints(for: reference)) { endpoint in
      if let listed = try await referrersByAPI(of: digest, artifactType, at: endpoint) { return listed }
      return try await referrersByTag(of: digest, at: endpoint)?.index.manifests ?? []
    }
    // Filtering is the registry's choice, so it is done here whatever it has done.
    guard let artifactType else { return found }
    return found.filter { $0.artifactType == artifactType }
  }

  /// Puts a manifest with a subject by its digest, and lists it under the subject's tag where the registry does not by
  /// itself.
  ///
  /// - Throws: `RegistryError`.
  package func putReferrer(_ bytes: [UInt8], _ descriptor: Descriptor, to reference: Reference) async throws {
    let endpoint = try await endpoint(try settings.registries.pushLocation(for: reference))
    try await putListed(bytes, descriptor, as: descriptor.digest.description, at: endpoint)
  }

  /// Puts a manifest under a tag or its digest, and sees to it that its subject's referrers have it.
  func putListed(_ bytes: [UInt8], _ descriptor: Descriptor, as selector: String, at endpoint: Endpoint) async throws {
    let isListed = try await put(bytes, descriptor, as: selector, at: endpoint)
    struct Outline: Decodable {
      let subject: Descriptor?
      let artifactType: MediaType?
      let annotations: [String: String]?
      let config: Descriptor?
    }
    guard !isListed, let outline = try? CanonicalJSON.decode(Outline.self, from: bytes), let subject = outline.subject
    else { return }
    var entry = Descriptor(
      mediaType: descriptor.mediaType, digest: descriptor.digest, size: descriptor.size,
      annotations: outline.annotations)
    entry.artifactType = outline.artifactType ?? outline.config?.mediaType
    try await list(entry, under: subject.digest, at: endpoint)
  }

  private func list(_ entry: Descriptor, under subject: Digest, at endpoint: Endpoint) async throws {
    var index = try await referrersByTag(of: subject, at: endpoint)?.index ?? Index(manifests: [])
    guard !index.manifests.contains(where: { $0.digest == entry.digest }) else { return }
    index.manifests.append(entry)
    let bytes = try CanonicalJSON.encode(index)
    let descriptor = Descriptor(
      mediaType: .index, digest: RunningDigest.digest(of: bytes, .sha256), size: Int64(bytes.count))
    try await put(bytes, descriptor, as: Self.referrersTag(subject), at: endpoint)
  }

  /// The tag that stands in for the referrers API: the digest with a dash for its colon.
  static func referrersTag(_ digest: Digest) -> String { "\(digest.algorithm.rawValue)-\(digest.hex.prefix(64))" }

  /// nil when the registry has no such API.
  private func referrersByAPI(
    of digest: Digest, _ artifactType: MediaType?, at endpoint: Endpoint
  ) async throws -> [Descriptor]? {
    var url = endpoint.referrers(digest)
    if let artifactType { url = url.appending(query: "artifactType", artifactType.rawValue) }
    var request = RegistryRequest(
      .GET, url, of: endpoint, to: "list the referrers of \(endpoint.registry)/\(endpoint.repository)@\(digest)")
    request.headers = [("Accept", MediaType.index.rawValue)]
    request.accepted = [200, 404, 405]
    var found: [Descriptor] = []
    for _ in 0..<100 {
      let page = request
      let answer = try await perform(page) { response -> (Index, RegistryURL?)? in
        guard response.status == .ok else {
          _ = await response.excerpt()
          return nil
        }
        return try await Self.referrersPage(response, of: page)
      }
      guard let (index, next) = answer else { return nil }
      found += index.manifests
      guard let next else { return found }
      request.url = next
    }
    throw Self.violation(request, "more than 100 pages of referrers")
  }

  private static func referrersPage(
    _ response: HTTPClientResponse, of request: RegistryRequest
  ) async throws -> (Index, RegistryURL?) {
    let limit = ResolvedManifest.sizeLimit
    let body = try await response.whole(limit: limit, request: request)
    guard let index = try? CanonicalJSON.decode(Index.self, from: body, limit: limit) else {
      throw RegistryError(
        .corrupt, "cannot \(request.purpose)", place: request.place, why: ["the answer is no index"],
        isTransient: true)
    }
    return (index, try nextPage(after: response, of: request))
  }

  private func referrersByTag(
    of digest: Digest, at endpoint: Endpoint
  ) async throws -> (index: Index, descriptor: Descriptor)? {
    let tag = Self.referrersTag(digest)
    do {
      let found = try await manifest(tag, at: endpoint)
      guard let index = try? CanonicalJSON.decode(Index.self, from: found.bytes) else { return nil }
      return (index, found.descriptor)
    } catch let error as RegistryError where error.kind == .status(404) {
      return nil
    }
  }
}
