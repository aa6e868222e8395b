import OCI
import Synchronization
import struct Crypto.SHA256

/// The distribution protocol over a dictionary, for a `ScriptedServer`: what a test does not disturb works.
package final class MemoryRegistry: Sendable {
  private struct State {
    var blobs: [String: [UInt8]] = [:]
    var manifests: [String: (type: String, bytes: [UInt8])] = [:]
    var uploads = 0
  }

  private let state = Mutex(State())

  package init() {}

  /// Puts a manifest under `repository`'s tag and digest.
  package func putManifest(_ bytes: [UInt8], type: MediaType, repository: String, tag: String) {
    state.withLock { state in
      for name in [tag, Self.digest(bytes)] {
        state.manifests["\(repository)/\(name)"] = (type.rawValue, bytes)
      }
    }
  }

  /// Puts a blob into `repository`.
  package func putBlob(_ bytes: [UInt8], repository: String) {
    state.withLock { $0.blobs["\(repository)/\(Self.digest(bytes))"] = bytes }
  }

  /// The bytes under a tag or digest; nil when there are none.
  package func manifest(_ repository: String, _ selector: String) -> [UInt8]? {
    state.withLock { $0.manifests["\(repository)/\(selector)"]?.bytes }
  }

  /// What a registry answers.
  package func answer(_ request: ScriptedServer.Request) -> ScriptedServer.Answer {
    let parts = request.path.split(separator: "/").map(String.init)
    guard parts.first == "v2" else { return .text(404, "") }
    guard parts.count >= 4 else { return .text(200, "{}") }
    let isUpload = parts[parts.count - 2] == "uploads" || request.path.hasSuffix("/uploads/")
    let repository = parts[1..<(parts.count - (isUpload && !request.path.hasSuffix("/uploads/") ? 3 : 2))]
      .joined(separator: "/")
    if isUpload { return upload(request, repository) }
    let key = "\(repository)/\(parts[parts.count - 1])"
    switch (request.method, parts[parts.count - 2]) {
    case ("PUT", "manifests"):
      putManifest(
        request.body, type: MediaType(rawValue: request.headers["content-type"] ?? ""), repository: repository,
        tag: parts[parts.count - 1])
      return .response(status: 201, headers: ["Docker-Content-Digest": Self.digest(request.body)])
    case ("GET", "manifests"), ("HEAD", "manifests"):
      guard let found = state.withLock({ $0.manifests[key] }) else { return Self.unknown("MANIFEST_UNKNOWN") }
      return .response(
        status: 200, headers: ["Content-Type": found.type, "Docker-Content-Digest": Self.digest(found.bytes)],
        body: found.bytes)
    case ("GET", "blobs"), ("HEAD", "blobs"):
      guard let found = state.withLock({ $0.blobs[key] }) else { return Self.unknown("BLOB_UNKNOWN") }
      return .response(status: 200, body: found)
    default: return .text(405, "")
    }
  }

  private func upload(_ request: ScriptedServer.Request, _ repository: String) -> ScriptedServer.Answer {
    if request.method == "POST" {
      let number = state.withLock { state in
        state.uploads += 1
        return state.uploads
      }
      return .response(status: 202, headers: ["Location": "/v2/\(repository)/blobs/uploads/\(number)?_state=secret"])
    }
    let digest = Self.digest(request.body)
    guard request.target.contains("digest=\(digest)") else {
      return .text(400, #"{"errors":[{"code":"DIGEST_INVALID","message":"provided digest did not match"}]}"#)
    }
    putBlob(request.body, repository: repository)
    return .response(status: 201, headers: ["Docker-Content-Digest": digest])
  }

  private static func unknown(_ code: String) -> ScriptedServer.Answer {
    .text(404, #"{"errors":[{"code":"\#(code)","message":"not known to registry"}]}"#)
  }

  private static func digest(_ bytes: [UInt8]) -> String { Digest(sha256: SHA256.hash(data: bytes)).description }
}
