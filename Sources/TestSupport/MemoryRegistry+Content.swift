import OCI

extension MemoryRegistry {
  func manifest(
    _ request: ScriptedServer.Request, _ repository: String, _ selector: String
  ) -> ScriptedServer.Answer {
    let key = "\(repository)/\(selector)"
    switch request.method {
    case "PUT": return putManifest(request, repository, selector)
    case "GET", "HEAD":
      guard let found = state.withLock({ $0.manifests[key] }) else { return Self.fault(404, "MANIFEST_UNKNOWN") }
      guard
        request.headers["accept"]?.contains(found.type) == true || request.headers["accept"]?.contains("*/*") == true
      else {
        return refuse(request, 404, "MANIFEST_UNKNOWN", "Accept does not have \(found.type)")
      }
      return .response(
        status: 200, headers: ["Content-Type": found.type, "Docker-Content-Digest": Self.digest(found.bytes)],
        body: found.bytes)
    case "DELETE":
      guard features.deletion else { return Self.fault(405, "UNSUPPORTED") }
      let gone = state.withLock { $0.manifests.removeValue(forKey: key) }
      return gone == nil ? Self.fault(404, "MANIFEST_UNKNOWN") : .text(202, "")
    default: return .text(405, "")
    }
  }

  private func putManifest(
    _ request: ScriptedServer.Request, _ repository: String, _ selector: String
  ) -> ScriptedServer.Answer {
    let digest = Self.digest(request.body)
    guard let type = request.headers["content-type"], type.contains("/") else {
      return refuse(request, 400, "MANIFEST_INVALID", "a manifest without Content-Type")
    }
    struct Document: Decodable {
      let mediaType: String?
      let subject: Descriptor?
      let config: Descriptor?
      let layers: [Descriptor]?
      let manifests: [Descriptor]?
    }
    guard let document = try? CanonicalJSON.decode(Document.self, from: request.body) else {
      return refuse(request, 400, "MANIFEST_INVALID", "a manifest that is no JSON")
    }
    if let own = document.mediaType, own != type {
      return refuse(request, 400, "MANIFEST_INVALID", "Content-Type \(type) for a manifest of type \(own)")
    }
    if selector.contains(":"), selector != digest {
      return Self.fault(400, "DIGEST_INVALID", "the manifest hashes to \(digest)")
    }
    let missing = state.withLock { state in
      ([document.config].compactMap { $0 } + (document.layers ?? []).filter { $0.urls == nil })
        .first { state.blobs["\(repository)/\($0.digest)"] == nil }
        ?? document.manifests?.first {
          state.manifests["\(repository)/\($0.digest)"] == nil && state.blobs["\(repository)/\($0.digest)"] == nil
        }
    }
    if let missing { return refuse(request, 400, "MANIFEST_BLOB_UNKNOWN", "\(missing.digest) is not there") }
    putManifest(request.body, type: MediaType(rawValue: type), repository: repository, tag: selector)
    var headers = ["Docker-Content-Digest": digest, "Location": "/v2/\(repository)/manifests/\(digest)"]
    if let subject = document.subject, features.referrers { headers["OCI-Subject"] = "\(subject.digest)" }
    return .response(status: 201, headers: headers)
  }

  func blob(_ request: ScriptedServer.Request, _ repository: String, _ digest: String) -> ScriptedServer.Answer {
    let key = "\(repository)/\(digest)"
    guard let found = state.withLock({ $0.blobs[key] }) else { return Self.fault(404, "BLOB_UNKNOWN") }
    switch request.method {
    case "HEAD": return .response(status: 200, headers: ["Docker-Content-Digest": digest], body: found)
    case "GET":
      guard let range = request.headers["range"], features.ranges else {
        return .response(status: 200, headers: ["Docker-Content-Digest": digest], body: found)
      }
      guard range.hasPrefix("bytes="), range.hasSuffix("-"), let start = Int(range.dropFirst(6).dropLast()) else {
        return refuse(request, 416, "RANGE_INVALID", "Range `\(range)`")
      }
      guard start < found.count else { return Self.fault(416, "RANGE_INVALID") }
      return .response(
        status: 206, headers: ["Content-Range": "bytes \(start)-\(found.count - 1)/\(found.count)"],
        body: Array(found[start...]))
    case "DELETE":
      guard features.deletion else { return Self.fault(405, "UNSUPPORTED") }
      _ = state.withLock { $0.blobs.removeValue(forKey: key) }
      return .text(202, "")
    default: return .text(405, "")
    }
  }
}
