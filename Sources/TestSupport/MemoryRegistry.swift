import OCI
import Synchronization
import struct Crypto.SHA256

/// The distribution protocol over dictionaries, for a `ScriptedServer`: what a test does not disturb works.
///
/// Strict where the specification says MUST of a client's request: such requests are refused, and kept in `violations`.
/// Implements [distribution specification 1.1](https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md).
package final class MemoryRegistry: Sendable {
  /// What a registry may leave out.
  package struct Features: Sendable {
    package var mounts = true
    package var referrers = true
    package var ranges = true
    package var deletion = true
    /// Entries of a page of tags or referrers.
    package var pageSize = 100
    /// Answer to uploads larger than this, in one request, as a proxy in front of a registry does; nil for none.
    package var largestRequest: Int?

    package init() {}
  }

  struct State {
    var blobs: [String: [UInt8]] = [:]
    var manifests: [String: (type: String, bytes: [UInt8])] = [:]
    var uploads: [String: [UInt8]] = [:]
    var nextUpload = 1
    var violations: [String] = []
  }

  let state = Mutex(State())
  let features: Features

  package init(_ features: Features = Features()) { self.features = features }

  /// Requests that broke a rule of the protocol.
  package var violations: [String] { state.withLock { $0.violations } }

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

  /// The bytes of a blob; nil when it is not there.
  package func blob(_ repository: String, _ digest: String) -> [UInt8]? {
    state.withLock { $0.blobs["\(repository)/\(digest)"] }
  }

  /// What a registry answers.
  package func answer(_ request: ScriptedServer.Request) -> ScriptedServer.Answer {
    guard request.isComplete else {
      receivePart(request)
      return .hangUp
    }
    guard let route = Route(request.path) else { return .text(404, "") }
    switch route {
    case .ping: return .text(200, "{}", headers: ["Docker-Distribution-API-Version": "registry/2.0"])
    case .manifest(let repository, let selector): return manifest(request, repository, selector)
    case .blob(let repository, let digest): return blob(request, repository, digest)
    case .upload(let repository, let session): return upload(request, repository, session)
    case .tags(let repository): return tags(request, repository)
    case .referrers(let repository, let digest): return referrers(request, repository, digest)
    }
  }

  func refuse(_ request: ScriptedServer.Request, _ status: Int, _ code: String, _ why: String) -> ScriptedServer.Answer
  {
    state.withLock { $0.violations.append("\(request.method) \(request.path): \(why)") }
    return Self.fault(status, code, why)
  }

  static func fault(_ status: Int, _ code: String, _ message: String = "") -> ScriptedServer.Answer {
    .text(status, #"{"errors":[{"code":"\#(code)","message":"\#(message)"}]}"#)
  }

  static func digest(_ bytes: [UInt8]) -> String { Digest(sha256: SHA256.hash(data: bytes)).description }
}

extension MemoryRegistry {
  /// What a path asks for.
  enum Route: Hashable {
    case ping
    case manifest(String, String)
    case blob(String, String)
    /// The session is empty where an upload begins.
    case upload(String, String)
    case tags(String)
    case referrers(String, String)

    init?(_ path: String) {
      let parts = path.split(separator: "/").map(String.init)
      guard parts.first == "v2" else { return nil }
      guard parts.count >= 4 else {
        if parts.count == 1 { self = .ping } else { return nil }
        return
      }
      let last = parts[parts.count - 1]
      func repository(before count: Int) -> String { parts[1..<(parts.count - count)].joined(separator: "/") }
      switch parts[parts.count - 2] {
      case "uploads": self = .upload(repository(before: 3), last)
      case "blobs" where last == "uploads": self = .upload(repository(before: 2), "")
      case "blobs": self = .blob(repository(before: 2), last)
      case "manifests": self = .manifest(repository(before: 2), last)
      case "tags" where last == "list": self = .tags(repository(before: 2))
      case "referrers": self = .referrers(repository(before: 2), last)
      default: return nil
      }
    }
  }
}
