import OCI
import Synchronization

/// A registry with tokens that disturbs requests of one kind in one way, so often for each thing that is asked.
package final class FaultyRegistry: Sendable {
  /// Kinds of request, by what they are for.
  package enum Kind: String, CaseIterable, Sendable {
    case ping, token
    case manifestHead, manifestGet, manifestPut
    case blobHead, blobGet
    case uploadPost, uploadPatch, uploadPut, mount
    case tags, referrers
  }

  package enum Fault: String, CaseIterable, Sendable {
    case status408, status429, status500, status502, status503
    /// The connection ends without an answer; for uploads, in the middle of the body.
    case reset
    /// The answer ends in its middle.
    case truncation
    /// A byte of the answer is another one; for uploads, a byte of the request.
    case corruption
    /// No answer ever.
    case stall
    /// The token is not worth anything any more.
    case expiredToken
    /// The announced length is another one.
    case wrongLength
    /// A web page with status 200.
    case wrongType

    package var status: Int? { rawValue.hasPrefix("status") ? Int(rawValue.dropFirst(6)) : nil }
  }

  private struct State {
    var seen: [String: Int] = [:]
    var disturbed = 0
    var issued = 0
  }

  package let registry: MemoryRegistry
  private let kind: Kind
  private let fault: Fault
  private let times: Int
  private let state = Mutex(State())

  /// - Parameter times: how often each thing that is asked is disturbed before it is answered.
  package init(_ registry: MemoryRegistry, _ kind: Kind, _ fault: Fault, times: Int) {
    self.registry = registry
    self.kind = kind
    self.fault = fault
    self.times = times
  }

  /// Requests that were disturbed.
  package var disturbed: Int { state.withLock { $0.disturbed } }

  /// For `ScriptedServer.with(cut:)`.
  package func cut(_ request: ScriptedServer.Request) -> Int? {
    guard fault == .reset, Self.kind(of: request) == kind, [.uploadPatch, .uploadPut].contains(kind) else { return nil }
    let length = request.headers["content-length"].flatMap { Int($0) } ?? 0
    return length > 1 && isDisturbed(request) ? length / 2 : nil
  }

  /// For `ScriptedServer.with`.
  package func answer(_ request: ScriptedServer.Request) -> ScriptedServer.Answer {
    // What was cut is counted.
    guard request.isComplete else { return registry.answer(request) }
    if request.path == "/token" {
      return Self.kind(of: request) == kind && isDisturbed(request) ? disturb(request) { _ in token() } : token()
    }
    guard isAuthorized(request) else { return challenge(request) }
    guard Self.kind(of: request) == kind, isDisturbed(request) else { return registry.answer(request) }
    return disturb(request) { registry.answer($0) }
  }

  /// nil for requests that are of no kind, such as asking how far an upload is.
  static func kind(of request: ScriptedServer.Request) -> Kind? {
    if request.path == "/token" { return .token }
    switch (MemoryRegistry.Route(request.path), request.method) {
    case (.ping?, _): return .ping
    case (.manifest?, "HEAD"): return .manifestHead
    case (.manifest?, "GET"): return .manifestGet
    case (.manifest?, "PUT"): return .manifestPut
    case (.blob?, "HEAD"): return .blobHead
    case (.blob?, "GET"): return .blobGet
    case (.upload?, "POST"): return request.query("mount") == nil ? .uploadPost : .mount
    case (.upload?, "PATCH"): return .uploadPatch
    case (.upload?, "PUT"): return .uploadPut
    case (.tags?, _): return .tags
    case (.referrers?, _): return .referrers
    default: return nil
    }
  }

  private func isDisturbed(_ request: ScriptedServer.Request) -> Bool {
    // One thing that is asked may be asked at several places: sessions have names of their own.
    var key = request.path
    if kind == .uploadPatch { key = "" }
    if let digest = request.query("digest") ?? request.query("mount") { key = digest }
    return state.withLock { state in
      state.seen[key, default: 0] += 1
      guard state.seen[key, default: 0] <= times else { return false }
      state.disturbed += 1
      return true
    }
  }
}

extension FaultyRegistry {
  private func token() -> ScriptedServer.Answer {
    let number = state.withLock { state in
      state.issued += 1
      return state.issued
    }
    return .text(
      200, #"{"token":"token-\#(number)","expires_in":300}"#, headers: ["Content-Type": "application/json"])
  }

  private func isAuthorized(_ request: ScriptedServer.Request) -> Bool {
    let presented = request.headers["authorization"] ?? ""
    return presented.hasPrefix("Bearer token-") && Int(presented.dropFirst(13)) != nil
  }

  private func challenge(_ request: ScriptedServer.Request) -> ScriptedServer.Answer {
    .text(
      401, #"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}"#,
      headers: [
        "WWW-Authenticate": #"Bearer realm="http://\#(request.headers["host"] ?? "")/token",service="faulty""#
      ])
  }

  private func disturb(
    _ request: ScriptedServer.Request, _ answer: (ScriptedServer.Request) -> ScriptedServer.Answer
  ) -> ScriptedServer.Answer {
    switch fault {
    case .status408, .status429, .status500, .status502, .status503:
      return .text(fault.status ?? 500, "<html>overloaded</html>", headers: ["Content-Type": "text/html"])
    case .reset: return .hangUp
    case .stall: return .silence
    case .expiredToken: return challenge(request)
    case .wrongType:
      return .text(200, "<html>please log in</html>", headers: ["Content-Type": "text/html; charset=utf-8"])
    case .truncation: return Self.truncated(answer(request), request)
    case .wrongLength: return Self.mismeasured(answer(request))
    case .corruption: return corrupted(request, answer)
    }
  }

  private func corrupted(
    _ request: ScriptedServer.Request, _ answer: (ScriptedServer.Request) -> ScriptedServer.Answer
  ) -> ScriptedServer.Answer {
    // Still a manifest, and one that says the same; only not the one that was sent.
    if kind == .manifestPut { return answer(request.withBody(request.body + [UInt8(ascii: " ")])) }
    if [.uploadPatch, .uploadPut].contains(kind), !request.body.isEmpty {
      return answer(request.withBody(Self.flipped(request.body)))
    }
    guard case .response(let status, var headers, let body) = answer(request) else { return .hangUp }
    headers["Docker-Content-Digest"] = nil
    if headers["Location"] != nil, status == 202 { headers["Location"] = "http://\\" }
    return .response(status: status, headers: headers, body: Self.flipped(body))
  }

  /// One byte is another one: in JSON the first, so that nobody can read it.
  private static func flipped(_ bytes: [UInt8]) -> [UInt8] {
    guard !bytes.isEmpty else { return bytes }
    var damaged = bytes
    if bytes.first == UInt8(ascii: "{") {
      damaged[0] = 0x01
    } else {
      damaged[bytes.count / 2] ^= 1
    }
    return damaged
  }

  private static func truncated(
    _ answer: ScriptedServer.Answer, _ request: ScriptedServer.Request
  ) -> ScriptedServer.Answer {
    guard case .response(let status, let headers, let body) = answer, body.count > 1, request.method != "HEAD" else {
      return .raw(Array("HTTP/1.1 20".utf8))
    }
    return .truncated(status: status, headers: headers, body: body, count: body.count / 2)
  }

  private static func mismeasured(_ answer: ScriptedServer.Answer) -> ScriptedServer.Answer {
    guard case .response(let status, var headers, let body) = answer else { return answer }
    headers["Content-Length"] = "\(body.count + 7)"
    return .response(status: status, headers: headers, body: body)
  }
}

extension ScriptedServer.Request {
  /// The same request with another body.
  fileprivate func withBody(_ body: [UInt8]) -> ScriptedServer.Request {
    ScriptedServer.Request(method: method, target: target, headers: headers, body: body, isComplete: isComplete)
  }
}
