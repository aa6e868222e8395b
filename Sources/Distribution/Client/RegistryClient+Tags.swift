import AsyncHTTPClient
import NIOHTTP1
import OCI

extension RegistryClient {
  private struct TagPage: Decodable {
    let tags: [String]?
  }

  /// Every tag of a repository in the registry's order, over as many pages as it takes.
  ///
  /// - Throws: `RegistryError`, also when the next page is at another server or there are more than 1,000 pages.
  package func tags(of reference: Reference) async throws -> [Tag] {
    try await fromFirst(of: try await pullEndpoints(for: reference)) { endpoint in
      var request = RegistryRequest(
        .GET, endpoint.tags(limit: 1000), of: endpoint,
        to: "list the tags of \(endpoint.registry)/\(endpoint.repository)")
      var tags: [Tag] = []
      for _ in 0..<1000 {
        let page = request
        let (names, next) = try await perform(page) { response in try await Self.tagPage(response, of: page) }
        tags += names.compactMap { Tag($0) }
        guard let next else { return tags }
        request.url = next
      }
      throw Self.violation(request, "more than 1000 pages of tags")
    }
  }

  private static func tagPage(
    _ response: HTTPClientResponse, of request: RegistryRequest
  ) async throws -> (names: [String], next: RegistryURL?) {
    let limit = ResolvedManifest.sizeLimit
    let body = try await response.whole(limit: limit, request: request)
    guard let page = try? CanonicalJSON.decode(TagPage.self, from: body, limit: limit) else {
      throw RegistryError(
        .corrupt, "cannot \(request.purpose)", place: request.place, why: ["the answer is no list of tags"],
        isTransient: true)
    }
    return (page.tags ?? [], try nextPage(after: response, of: request))
  }

  /// The page that follows an answer; nil after the last one.
  ///
  /// - Throws: `RegistryError` when it would be at another server.
  static func nextPage(
    after response: HTTPClientResponse, of request: RegistryRequest
  ) throws -> RegistryURL? {
    guard let link = response.headers["Link"].lazy.compactMap(nextPage).first else { return nil }
    guard let next = request.url.resolving(link), next.origin == request.endpoint.origin, next != request.url else {
      throw violation(request, "the next page is not at \(request.endpoint.origin)")
    }
    return next
  }

  /// The target of `<target>; rel="next"`, as in [RFC 8288](https://www.rfc-editor.org/rfc/rfc8288).
  static func nextPage(_ link: String) -> String? {
    let parts = link.split(separator: ";")
    guard let target = parts.first?.split(separator: " ").first, target.hasPrefix("<"), target.hasSuffix(">"),
      parts.dropFirst().contains(where: { $0.filter { !$0.isWhitespace && $0 != "\"" } == "rel=next" })
    else { return nil }
    return String(target.dropFirst().dropLast())
  }
}
