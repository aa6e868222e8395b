import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Scheduling
import Synchronization

/// Sends single requests: connections, certificates, limits per server, and errors in the program's words.
///
/// Knows nothing of credentials, redirects or repetition.
final class Transport: Sendable {
  private struct TLSKey: Hashable {
    let authority: String
    let verifying: Bool
  }

  private struct LimitKey: Hashable {
    let origin: Origin
    let lane: RegistryRequest.Lane
  }

  /// One client for direct connections and one for each proxy in use.
  private let clients: Mutex<[Proxy?: HTTPClient]>
  /// The one loop of all connections: it moves bytes only, hashing and files are on other threads.
  let loop: any EventLoop = MultiThreadedEventLoopGroup.singleton.any()
  private let settings: RegistrySettings
  private let limits = Mutex<[LimitKey: RequestLimit]>([:])
  private let tls = SingleFlight<TLSKey, TLSConfiguration>(remembers: true)

  init(settings: RegistrySettings) {
    self.settings = settings
    clients = Mutex([:])
  }

  private static func configuration(_ settings: RegistrySettings, _ proxy: Proxy?) -> HTTPClient.Configuration {
    var configuration = HTTPClient.Configuration()
    configuration.redirectConfiguration = .disallow
    configuration.httpVersion = .http1Only
    configuration.timeout = .init(
      connect: TimeAmount(settings.connectTimeout), read: TimeAmount(settings.stallTimeout),
      write: TimeAmount(settings.stallTimeout))
    configuration.connectionPool.retryConnectionEstablishment = false
    // Ordinary requests, uploads, and the tokens that both wait for.
    let connections = settings.requestsPerServer * 2 + 4
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connections
    configuration.decompression = .disabled
    configuration.proxy = proxy?.forConnections
    return configuration
  }

  /// Closes all connections; no request may be under way.
  ///
  /// - Throws: the last failure to close.
  func shutDown() async throws {
    var failure: (any Error)?
    for client in clients.withLock({ Array($0.values) }) {
      do { try await client.shutdown() } catch { failure = error }
    }
    if let failure { throw failure }
  }

  private func client(for origin: Origin) -> HTTPClient {
    let proxy = settings.proxies.proxy(for: origin)
    return clients.withLock { clients in
      if let client = clients[proxy] { return client }
      if let proxy { settings.trace("\(origin): by the proxy \(proxy), from \(proxy.variable)") }
      let client = HTTPClient(
        eventLoopGroupProvider: .shared(loop), configuration: Self.configuration(settings, proxy))
      clients[proxy] = client
      return client
    }
  }

  /// Sends one request and lets `consume` read the answer, whatever its status; the server's limit is held until then.
  ///
  /// - Throws: `RegistryError` for anything that goes wrong on the way, `CancellationError`, and what `consume` throws.
  func send<T>(
    _ request: RegistryRequest, authorization: String?, _ consume: (HTTPClientResponse) async throws -> T
  ) async throws -> T {
    let http = try await prepare(request, authorization: authorization)
    let client = client(for: request.url.origin)
    return try await limit(for: request).run {
      do {
        let response = try await client.execute(http, deadline: .now() + .hours(24))
        settings.trace("\(request.place): \(response.status.code)")
        return try await consume(response)
      } catch {
        throw Self.explain(error, request: request, stallTimeout: settings.stallTimeout)
      }
    }
  }

  private func prepare(_ request: RegistryRequest, authorization: String?) async throws -> HTTPClientRequest {
    var http = HTTPClientRequest(url: request.url.text)
    http.method = request.method
    http.headers.add(name: "User-Agent", value: "imgset")
    for header in request.headers { http.headers.add(name: header.name, value: header.value) }
    if let authorization { http.headers.add(name: "Authorization", value: authorization) }
    switch request.body {
    case .none: break
    case .bytes(let bytes): http.body = .bytes(ByteBuffer(bytes: bytes))
    case .file(let upload):
      http.body = upload.length == 0 ? .bytes(ByteBuffer()) : .stream(upload, length: .known(upload.length))
    case .stream(let stream): http.body = .stream(stream, length: .known(stream.length))
    }
    let origin = request.url.origin
    if origin.scheme == .https {
      let verifying = request.endpoint.verifiesCertificates || origin.host != request.endpoint.origin.host
      http.tlsConfiguration = try await tls.value(for: TLSKey(authority: origin.authority, verifying: verifying)) {
        try await settings.certificates.tls(for: origin.authority, verifying: verifying)
      }
    }
    return http
  }

  private func limit(for request: RegistryRequest) -> RequestLimit {
    let key = LimitKey(origin: request.url.origin, lane: request.lane)
    return limits.withLock { limits in
      if let limit = limits[key] { return limit }
      let limit = RequestLimit(key.lane == .token ? 4 : settings.requestsPerServer)
      limits[key] = limit
      return limit
    }
  }
}

extension HTTPClientResponse {
  /// At most `limit` bytes of the body, the rest thrown away with the connection; for bodies that only inform.
  func excerpt(limit: Int = 16 << 10) async -> [UInt8] {
    var bytes: [UInt8] = []
    do {
      for try await piece in body {
        bytes += piece.readableBytesView.prefix(limit - bytes.count)
        if bytes.count >= limit { break }
      }
    } catch {
      // The status is the message; what the body would have added is lost.
    }
    return bytes
  }

  /// The whole body.
  ///
  /// - Throws: `RegistryError` when it is larger than `limit`; what is wrong with the connection when it breaks off.
  func whole(limit: Int, request: RegistryRequest) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    for try await piece in body {
      guard bytes.count + piece.readableBytes <= limit else {
        throw RegistryClient.violation(request, "the answer is larger than \(limit >> 20) MiB")
      }
      bytes += piece.readableBytesView
    }
    return bytes
  }

  /// The wait that `Retry-After` asks for in seconds or as a date; nil without one.
  var retryAfter: Duration? {
    headers.first(name: "Retry-After").flatMap { RetryAfter.parse($0, now: RetryAfter.now()) }
  }
}

extension TimeAmount {
  init(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    self = .nanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
  }
}
