import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import OCI

extension RegistryClient {
  /// How much of a blob has been handed over, over all attempts and servers.
  struct Delivery {
    var offset: Int64
  }

  /// Streams a blob from `delivery.offset` on, repeating after faults from where it stopped.
  ///
  /// A server that ignores `Range` sends everything again; what was handed over already is then dropped. So the bytes
  /// reach `consume` in order and once, but nobody has verified them.
  /// - Throws: `RegistryError` of the last server asked, and what `consume` throws.
  func stream(
    _ descriptor: Descriptor, from endpoints: [Endpoint], _ delivery: inout Delivery,
    _ consume: (ByteBuffer) async throws -> Void
  ) async throws {
    var current = delivery
    defer { delivery = current }
    try await fromFirst(of: endpoints) { endpoint in
      try await settings.retry.run(progress: { current.offset }) {
        if current.offset == descriptor.size, current.offset > 0 { return }
        try await streamOnce(descriptor, from: endpoint, &current, consume)
      }
    }
  }

  private func streamOnce(
    _ descriptor: Descriptor, from endpoint: Endpoint, _ delivery: inout Delivery,
    _ consume: (ByteBuffer) async throws -> Void
  ) async throws {
    var request = RegistryRequest(
      .GET, endpoint.blob(descriptor.digest), of: endpoint,
      to: "download blob \(descriptor.digest.short) of \(endpoint.registry)/\(endpoint.repository)")
    request.isForBytes = true
    if delivery.offset > 0 {
      request.headers = [("Range", "bytes=\(delivery.offset)-")]
      request.accepted = [200, 206, 416]
    }
    let asked = request
    var current = delivery
    defer { delivery = current }
    let isRefused = try await performOnce(request) { response in
      guard response.status.code != 416 else { return true }
      let start = try Self.start(of: response, asked: current.offset, request: asked)
      try Self.checkLength(response, of: descriptor, from: start, request: asked)
      try await Self.receive(response, of: descriptor, from: start, &current, consume, request: asked)
      return false
    }
    if isRefused {
      // The server has fewer bytes than we have, or does not know ranges: the whole blob, without those we have.
      var again = asked
      (again.headers, again.accepted) = ([], [200])
      let whole = again
      try await performOnce(whole) { response in
        try await Self.receive(response, of: descriptor, from: 0, &current, consume, request: whole)
      }
    }
  }

  /// Where in the blob the body begins.
  private static func start(
    of response: HTTPClientResponse, asked offset: Int64, request: RegistryRequest
  ) throws -> Int64 {
    guard response.status.code == 206 else { return 0 }
    let range = response.headers.first(name: "Content-Range") ?? ""
    guard range.hasPrefix("bytes "), let start = Int64(range.dropFirst(6).prefix { $0 != "-" }), start >= 0,
      start <= offset
    else {
      throw violation(request, "the answer is for the range `\(RegistryMessage.printable(range, limit: 60))`").passing
    }
    return start
  }

  /// A wrong length is known before the first byte.
  private static func checkLength(
    _ response: HTTPClientResponse, of descriptor: Descriptor, from start: Int64, request: RegistryRequest
  ) throws {
    guard let text = response.headers.first(name: "Content-Length"), let length = Int64(text) else { return }
    guard length == descriptor.size - start else {
      throw RegistryError(
        .corrupt, "cannot \(request.purpose)", place: request.place,
        why: ["the server announces \(start + length) bytes instead of \(descriptor.size)"], isTransient: true)
    }
  }

  private static func receive(
    _ response: HTTPClientResponse, of descriptor: Descriptor, from start: Int64, _ delivery: inout Delivery,
    _ consume: (ByteBuffer) async throws -> Void, request: RegistryRequest
  ) async throws {
    var position = start
    func fault(_ why: String) -> RegistryError {
      RegistryError(.corrupt, "cannot \(request.purpose)", place: request.place, why: [why], isTransient: true)
    }
    for try await piece in response.body {
      var piece = piece
      position += Int64(piece.readableBytes)
      guard position <= descriptor.size else { throw fault("the blob has more than \(descriptor.size) bytes") }
      let known = Int(
        min(Int64(piece.readableBytes), max(0, delivery.offset - (position - Int64(piece.readableBytes)))))
      piece.moveReaderIndex(forwardBy: known)
      guard piece.readableBytes > 0 else { continue }
      delivery.offset = position
      try await consume(piece)
    }
    guard position == descriptor.size else {
      throw fault("the blob ends after \(position) of \(descriptor.size) bytes")
    }
  }
}
