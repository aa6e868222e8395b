import AsyncHTTPClient
import Content
import FoundationEssentials
import Linux
import NIOCore
import NIOHTTP1
import OCI

/// A file that any server on the web may have.
package struct Download: Sendable {
  let url: RegistryURL
  /// The value of `Authorization` that the URL's user and password make; goes to the URL's own origin alone.
  let authorization: String?
  /// What the server had when it was asked last, so that an unchanged file is not sent again.
  var known: DownloadRecord?
  /// The most bytes that are taken.
  var limit: Int64 = 64 << 30

  /// The URL without user, password and query, for people.
  package var shown: String { "\(url)" }

  /// - Returns: nil for a text that is no absolute `http` or `https` URL.
  package init?(_ text: String, known: DownloadRecord? = nil) {
    guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") else { return nil }
    let start = text.index(colon, offsetBy: 3)
    let authority = text[start...].prefix { !"/?#".contains($0) }
    var address = text
    if let at = authority.lastIndex(of: "@") {
      guard let pair = Self.percentDecoded(authority[..<at]) else { return nil }
      authorization =
        "Basic " + Data(pair.contains(UInt8(ascii: ":")) ? pair : pair + [UInt8(ascii: ":")]).base64EncodedString()
      address = String(text[..<start] + text[text.index(after: at)...])
    } else {
      authorization = nil
    }
    guard let url = RegistryURL(address) else { return nil }
    self.url = url
    self.known = known
  }

  private static func percentDecoded(_ text: Substring) -> [UInt8]? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
        return nil
      }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return bytes
  }
}

extension RegistryClient {
  /// How many answers in a row may point elsewhere.
  private static let redirectLimit = 10

  /// Downloads a file into the store, unless the server says that it is the one that is known.
  ///
  /// Credentials of registries are never sent, those of the URL only to its own origin, and an encrypted request is never
  /// repeated in the clear.
  ///
  /// - Throws: `RegistryError` for anything but the file, `Errno` when the disk fails.
  package func fetch(_ download: Download, into store: ContentStore) async throws -> DownloadRecord {
    guard let repository = Repository("file") else { preconditionFailure("the name follows the grammar") }
    // The request's endpoint says whose certificates count; there is no repository behind it.
    let endpoint = Endpoint(
      registry: download.url.origin.authority, repository: repository, origin: download.url.origin,
      verifiesCertificates: true)
    do {
      return try await settings.retry.run {
        var request = RegistryRequest(
          .GET, download.url, of: endpoint, to: "download \(download.url)", scopes: [])
        request.accepted = [200]
        if let known = download.known {
          if let tag = known.entityTag { request.headers.append((name: "If-None-Match", value: tag)) }
          if let date = known.modified { request.headers.append((name: "If-Modified-Since", value: date)) }
          request.accepted = [200, 304]
        }
        return try await follow(request, download, into: store)
      }
    } catch var error as RegistryError {
      // What helps with registries does not with other servers.
      if error.help?.contains("registries.conf") == true || error.help?.contains("/v2/") == true { error.help = nil }
      throw error
    }
  }

  private func follow(
    _ request: RegistryRequest, _ download: Download, into store: ContentStore
  ) async throws -> DownloadRecord {
    var request = request
    for _ in 0...Self.redirectLimit {
      let isHome = request.url.origin == download.url.origin
      let answer = try await transport.send(request, authorization: isHome ? download.authorization : nil) { response in
        try await Self.answer(response, to: request, download, into: store)
      }
      switch answer {
      case .record(let record): return record
      case .redirected(let url): request.url = url
      }
    }
    throw Self.violation(request, "more than \(Self.redirectLimit) redirects in a row")
  }

  private enum DownloadAnswer {
    case record(DownloadRecord)
    case redirected(RegistryURL)
  }

  private static func answer(
    _ response: HTTPClientResponse, to request: RegistryRequest, _ download: Download, into store: ContentStore
  ) async throws -> DownloadAnswer {
    switch Int(response.status.code) {
    case 200: return .record(try await receive(response, request, download.limit, into: store))
    case 304:
      guard let known = download.known else { throw violation(request, "304 in answer to an unconditional request") }
      return .record(known)
    case 301, 302, 303, 307, 308:
      return .redirected(try redirection(response.headers.first(name: "Location"), of: request))
    case let status:
      throw RegistryError.status(
        status, of: request, body: await response.excerpt(), retryAfter: response.retryAfter, credentialHint: nil)
    }
  }

  private static func receive(
    _ response: HTTPClientResponse, _ request: RegistryRequest, _ limit: Int64, into store: ContentStore
  ) async throws -> DownloadRecord {
    func tooLarge() -> RegistryError { violation(request, "the file is larger than the limit of \(limit >> 20) MiB") }
    let announced = response.headers.first(name: "Content-Length").flatMap { Int64($0) }
    if let announced, announced > limit { throw tooLarge() }
    let ingest = try await BlockingPool.shared.run { StreamIngest(try store.ingest()) }
    var (batch, batched, received) = ([ByteBuffer](), 0, Int64(0))
    func flush() async throws {
      let full = batch
      (batch, batched) = ([], 0)
      try await BlockingPool.shared.run { try ingest.write(full) }
    }
    for try await piece in response.body {
      received += Int64(piece.readableBytes)
      guard received <= limit else { throw tooLarge() }
      batch.append(piece)
      batched += piece.readableBytes
      if batched >= 1 << 20 { try await flush() }
    }
    try await flush()
    let (digest, size) = try await BlockingPool.shared.run { try ingest.commit() }
    return DownloadRecord(
      digest: digest, size: size, entityTag: response.headers.first(name: "ETag"),
      modified: response.headers.first(name: "Last-Modified"))
  }
}

extension DownloadRecord {
  /// `Last-Modified` in seconds since 1970; nil when the server did not say it.
  package var modifiedSeconds: Int64? { modified.flatMap(RetryAfter.date) }
}
