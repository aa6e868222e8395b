import Glibc
import Linux
import Synchronization
import SystemPackage

/// An HTTP server on loopback whose answers a test decides, faults included: one request per connection.
package final class ScriptedServer: Sendable {
  /// A request as it came, header names in lower case.
  package struct Request: Sendable {
    package let method: String
    /// Path and query.
    package let target: String
    package let headers: [String: String]
    package let body: [UInt8]
    /// Whether the body came as a whole.
    package var isComplete = true

    package var path: String { String(target.prefix { $0 != "?" }) }

    /// The decoded value of a query parameter; nil when it is not there.
    package func query(_ name: String) -> String? {
      let query = target.drop { $0 != "?" }.dropFirst()
      for part in query.split(separator: "&") where part.hasPrefix(name + "=") {
        return String(part.dropFirst(name.utf8.count + 1)).replacing("%3A", with: ":").replacing("%2F", with: "/")
      }
      return nil
    }

    /// The same request without one of its header fields.
    package func without(_ header: String) -> Request {
      Request(
        method: method, target: target, headers: headers.filter { $0.key != header }, body: body, isComplete: isComplete
      )
    }
  }

  /// What the server does with a request.
  package enum Answer: Sendable {
    case response(status: Int, headers: [String: String] = [:], body: [UInt8] = [])
    /// Announces `body` and sends only the first `count` bytes of it.
    case truncated(status: Int, headers: [String: String] = [:], body: [UInt8], count: Int)
    /// Sends these bytes as they are, whatever they are, and closes the connection.
    case raw([UInt8])
    /// Connects to another port of this machine and passes bytes both ways, as a proxy does after CONNECT.
    case tunnel(Int)
    /// Closes the connection without a word.
    case hangUp
    /// Says nothing until the client gives up.
    case silence

    /// An answer with a text body.
    package static func text(_ status: Int, _ text: String, headers: [String: String] = [:]) -> Answer {
      .response(status: status, headers: headers, body: Array(text.utf8))
    }
  }

  /// Threads for all servers of the test process: what is tested uses the shared pool, and must not wait for servers.
  private static let pool = BlockingPool(threadLimit: 512)

  package typealias Script = @Sendable (Request) -> Answer
  /// After how many bytes of a request's body the connection breaks; nil for never. Gets the request without its body.
  package typealias Cut = @Sendable (Request) -> Int?

  package let port: Int
  private let listener: Int32
  private let script: Script
  private let cut: Cut
  private let log = Mutex<[Request]>([])

  private init(script: @escaping Script, cut: @escaping Cut) throws {
    (listener, port) = try Loopback.listen(backlog: 64)
    self.script = script
    self.cut = cut
  }

  /// `localhost:PORT`.
  package var name: String { "localhost:\(port)" }

  /// Every request so far, in order of arrival.
  package var requests: [Request] { log.withLock { $0 } }

  /// Runs `body` while the server answers by `script`; the script gets the server's name with each request in `Host`.
  package static func with<R>(
    _ script: @escaping Script, cut: @escaping Cut = { _ in nil }, _ body: (ScriptedServer) async throws -> R
  ) async throws -> R {
    let server = try ScriptedServer(script: script, cut: cut)
    defer { close(server.listener) }
    return try await withThrowingDiscardingTaskGroup { group in
      group.addTask { await server.serve() }
      // An accept that is under way ends with an error.
      defer { shutdown(server.listener, Int32(SHUT_RDWR)) }
      return try await body(server)
    }
  }

  private func serve() async {
    await withDiscardingTaskGroup { group in
      while let connection = try? await Self.pool.run({ accept(self.listener, nil, nil) }), connection >= 0 {
        group.addTask { try? await Self.pool.run { self.converse(on: connection) } }
      }
    }
  }

  private func converse(on connection: Int32) {
    defer { close(connection) }
    var patience = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    guard let request = read(from: connection) else { return }
    log.withLock { $0.append(request) }
    guard request.isComplete else {
      // The script sees what came, as a server does; nobody hears its answer.
      _ = script(request)
      return
    }
    switch script(request) {
    case .response(let status, let headers, let body):
      Self.write(status, headers, body[...], announced: body.count, for: request, to: connection)
    case .truncated(let status, let headers, let body, let count):
      Self.write(status, headers, body.prefix(count), announced: body.count, for: request, to: connection)
    case .raw(let bytes): Self.send(bytes, to: connection)
    case .tunnel(let port): Self.tunnel(connection, to: port)
    case .hangUp: return
    case .silence:
      var byte: UInt8 = 0
      _ = recv(connection, &byte, 1, 0)
    }
  }

  private func read(from connection: Int32) -> Request? {
    var bytes: [UInt8] = []
    let end = Array("\r\n\r\n".utf8)
    var headEnd: Int?
    while headEnd == nil {
      guard bytes.count < 1 << 20, let piece = Self.receive(connection) else { return nil }
      let start = max(0, bytes.count - 3)
      bytes += piece
      headEnd = (start..<max(start, bytes.count - 3)).first { bytes[$0..<$0 + 4].elementsEqual(end) }
    }
    guard let headEnd else { return nil }
    let lines = String(decoding: bytes[..<headEnd], as: UTF8.self).split(separator: "\r\n").map(String.init)
    let start = (lines.first ?? "").split(separator: " ")
    guard start.count == 3 else { return nil }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let name = line.prefix { $0 != ":" }
      let value = String(line.dropFirst(name.count + 1).drop { $0 == " " })
      headers[name.lowercased(), default: ""] += (headers[name.lowercased()] == nil ? "" : ", ") + value
    }
    var body = Array(bytes[(headEnd + 4)...])
    let length = headers["content-length"].flatMap { Int($0) } ?? 0
    let head = Request(method: String(start[0]), target: String(start[1]), headers: headers, body: [])
    let wanted = cut(head).map { min($0, length) } ?? length
    while body.count < wanted, let piece = Self.receive(connection) { body += piece }
    body = Array(body.prefix(wanted))
    return Request(
      method: head.method, target: head.target, headers: headers, body: body, isComplete: body.count == length)
  }

  private static func receive(_ connection: Int32) -> [UInt8]? {
    let piece = [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
      count = max(0, recv(connection, buffer.baseAddress, buffer.count, 0))
    }
    return piece.isEmpty ? nil : piece
  }

  private static func write(
    _ status: Int, _ headers: [String: String], _ body: ArraySlice<UInt8>, announced: Int, for request: Request,
    to connection: Int32
  ) {
    var head = "HTTP/1.1 \(status) Scripted\r\nConnection: close\r\n"
    if headers["Content-Length"] == nil { head += "Content-Length: \(announced)\r\n" }
    for (name, value) in headers { head += "\(name): \(value)\r\n" }
    send(Array((head + "\r\n").utf8) + (request.method == "HEAD" ? [] : body), to: connection)
  }

  private static func send(_ bytes: [UInt8], to connection: Int32) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        buffer.baseAddress.map { Glibc.send(connection, $0 + sent, bytes.count - sent, Int32(MSG_NOSIGNAL)) } ?? -1
      }
      guard count > 0 else { return }
      sent += count
    }
  }

  private static func tunnel(_ connection: Int32, to port: Int) {
    guard let other = Loopback.connected(port) else {
      send(Array("HTTP/1.1 502 No Route\r\nContent-Length: 0\r\n\r\n".utf8), to: connection)
      return
    }
    defer { close(other) }
    send(Array("HTTP/1.1 200 Connected\r\n\r\n".utf8), to: connection)
    var ends = [
      pollfd(fd: connection, events: Int16(POLLIN), revents: 0), pollfd(fd: other, events: Int16(POLLIN), revents: 0),
    ]
    while poll(&ends, 2, 10_000) > 0 {
      for (index, end) in ends.enumerated() where end.revents != 0 {
        guard let piece = receive(end.fd) else { return }
        send(piece, to: ends[1 - index].fd)
      }
    }
  }
}
