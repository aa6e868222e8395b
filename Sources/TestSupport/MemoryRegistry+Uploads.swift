extension MemoryRegistry {
  func upload(_ request: ScriptedServer.Request, _ repository: String, _ session: String) -> ScriptedServer.Answer {
    if let largest = features.largestRequest, request.body.count > largest { return .text(413, "too large") }
    if session.isEmpty {
      guard request.method == "POST" else { return .text(405, "") }
      return begin(request, repository)
    }
    guard request.target.contains("_state=secret") else {
      return refuse(request, 404, "BLOB_UPLOAD_UNKNOWN", "a Location that was not used as it is")
    }
    guard let received = state.withLock({ $0.uploads[session] }) else { return Self.fault(404, "BLOB_UPLOAD_UNKNOWN") }
    switch request.method {
    case "GET": return progress(204, repository, session, received.count)
    case "DELETE":
      state.withLock { $0.uploads[session] = nil }
      return .text(204, "")
    case "PATCH": return append(request, repository, session, received)
    case "PUT": return finish(request, repository, session, received)
    default: return .text(405, "")
    }
  }

  private func begin(_ request: ScriptedServer.Request, _ repository: String) -> ScriptedServer.Answer {
    guard request.headers["content-length"] == "0" || request.body.isEmpty else {
      return refuse(request, 400, "BLOB_UPLOAD_INVALID", "a body where an upload begins")
    }
    if let digest = request.query("mount"), let source = request.query("from"), features.mounts,
      let bytes = blob(source, digest)
    {
      putBlob(bytes, repository: repository)
      return .response(
        status: 201, headers: ["Location": "/v2/\(repository)/blobs/\(digest)", "Docker-Content-Digest": digest])
    }
    let session = state.withLock { state in
      let session = "session-\(state.nextUpload)"
      state.nextUpload += 1
      state.uploads[session] = []
      return session
    }
    return progress(202, repository, session, 0)
  }

  private func progress(_ status: Int, _ repository: String, _ session: String, _ count: Int) -> ScriptedServer.Answer {
    .response(
      status: status,
      headers: [
        // Another place with every answer, which has to be followed.
        "Location": "/v2/\(repository)/blobs/uploads/\(session)?_state=secret&at=\(count)",
        "Range": "0-\(max(0, count - 1))", "Docker-Upload-UUID": session,
      ])
  }

  private func append(
    _ request: ScriptedServer.Request, _ repository: String, _ session: String, _ received: [UInt8]
  ) -> ScriptedServer.Answer {
    guard request.headers["content-type"] == "application/octet-stream" else {
      return refuse(request, 400, "BLOB_UPLOAD_INVALID", "a chunk without Content-Type application/octet-stream")
    }
    guard request.target.contains("at=\(received.count)") else {
      return refuse(request, 404, "BLOB_UPLOAD_UNKNOWN", "a chunk at an old Location")
    }
    let expected = "\(received.count)-\(received.count + request.body.count - 1)"
    if let range = request.headers["content-range"], range != expected {
      // Out of order is the client's way to find out; only a range that does not fit its body is a fault.
      guard range.hasSuffix("-\((Int(range.prefix { $0 != "-" }) ?? -1) + request.body.count - 1)") else {
        return refuse(request, 416, "BLOB_UPLOAD_INVALID", "Content-Range \(range) for \(request.body.count) bytes")
      }
      return Self.fault(416, "BLOB_UPLOAD_INVALID")
    }
    state.withLock { $0.uploads[session] = received + request.body }
    return progress(202, repository, session, received.count + request.body.count)
  }

  private func finish(
    _ request: ScriptedServer.Request, _ repository: String, _ session: String, _ received: [UInt8]
  ) -> ScriptedServer.Answer {
    guard let digest = request.query("digest") else {
      return refuse(request, 400, "DIGEST_INVALID", "an upload ends without a digest")
    }
    let bytes = received + request.body
    state.withLock { $0.uploads[session] = nil }
    guard Self.digest(bytes) == digest else {
      return Self.fault(400, "DIGEST_INVALID", "provided digest did not match")
    }
    putBlob(bytes, repository: repository)
    return .response(
      status: 201, headers: ["Docker-Content-Digest": digest, "Location": "/v2/\(repository)/blobs/\(digest)"])
  }

  /// Keeps the bytes that came before a connection broke off, as registries do.
  func receivePart(_ request: ScriptedServer.Request) {
    guard request.method == "PATCH", case .upload(_, let session)? = Route(request.path) else { return }
    state.withLock { state in
      if let received = state.uploads[session] { state.uploads[session] = received + request.body }
    }
  }
}
