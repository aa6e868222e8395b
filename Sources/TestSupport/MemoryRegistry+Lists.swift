import OCI

extension MemoryRegistry {
  func tags(_ request: ScriptedServer.Request, _ repository: String) -> ScriptedServer.Answer {
    let all = state.withLock { state in
      state.manifests.keys.filter { $0.hasPrefix("\(repository)/") }
        .map { String($0.dropFirst(repository.utf8.count + 1)) }.filter { !$0.contains(":") && !$0.contains("/") }
        .sorted()
    }
    let last = request.query("last") ?? ""
    let rest = all.filter { $0 > last }
    let size = min(request.query("n").flatMap { Int($0) } ?? .max, features.pageSize)
    let page = rest.prefix(size)
    var headers = ["Content-Type": "application/json"]
    if page.count < rest.count, let end = page.last {
      headers["Link"] = "</v2/\(repository)/tags/list?n=\(size)&last=\(end)>; rel=\"next\""
    }
    let list = page.map { "\"\($0)\"" }.joined(separator: ",")
    return .text(200, #"{"name":"\#(repository)","tags":[\#(list)]}"#, headers: headers)
  }

  func referrers(_ request: ScriptedServer.Request, _ repository: String, _ digest: String) -> ScriptedServer.Answer {
    guard features.referrers else { return .text(404, "") }
    struct Document: Decodable {
      let subject: Descriptor?
      let artifactType: MediaType?
      let config: Descriptor?
      let annotations: [String: String]?
    }
    let found = state.withLock { state in
      state.manifests.filter { $0.key.hasPrefix("\(repository)/sha256:") }
    }.compactMap { key, value -> Descriptor? in
      guard let document = try? CanonicalJSON.decode(Document.self, from: value.bytes),
        document.subject?.digest.description == digest, let own = Digest(key.dropFirst(repository.utf8.count + 1))
      else { return nil }
      var entry = Descriptor(
        mediaType: MediaType(rawValue: value.type), digest: own, size: Int64(value.bytes.count),
        annotations: document.annotations)
      entry.artifactType = document.artifactType ?? document.config?.mediaType
      return entry
    }.sorted { $0.digest < $1.digest }
    let start = request.query("from").flatMap { Int($0) } ?? 0
    let page = found.dropFirst(start).prefix(features.pageSize)
    var headers = ["Content-Type": MediaType.index.rawValue]
    if start + page.count < found.count {
      headers["Link"] = "</v2/\(repository)/referrers/\(digest)?from=\(start + page.count)>; rel=\"next\""
    }
    let body = (try? CanonicalJSON.encode(Index(manifests: Array(page)))) ?? []
    return .response(status: 200, headers: headers, body: body)
  }
}
