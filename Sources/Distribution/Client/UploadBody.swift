import AsyncHTTPClient
import Content
import OCI

/// The part of a blob that one request sends.
struct UploadBody: Sendable {
  let descriptor: Descriptor
  let start: Int64
  let count: Int64
  /// Gets the position in the blob after each piece.
  let progress: @Sendable (Int64) -> Void

  var end: Int64 { start + count }
}

extension RegistryClient {
  /// Sends a request with a part of a blob as its body.
  ///
  /// What comes from a source is hashed on the way, from a place before `body.start` where it has to; the last byte of a
  /// blob is held back until the digest is right.
  func send<T: Sendable>(
    _ request: RegistryRequest, _ body: UploadBody, from supply: BlobSupply, _ trail: inout DigestTrail,
    _ consume: @escaping @Sendable (HTTPClientResponse) async throws -> T
  ) async throws -> T {
    var request = request
    switch supply {
    case .file(let file):
      let counter = ByteCounter(from: body.start, body.progress)
      request.body = .file(
        FileUpload(
          file: file, start: body.start, length: body.count, progress: { counter.add($0) }, loop: transport.loop))
      return try await performOnce(request, consume)
    case .source(let source):
      let stream = PieceStream(length: body.count, loop: transport.loop)
      request.body = body.count == 0 ? .bytes([]) : .stream(stream)
      let (question, initial) = (request, trail)
      let outcome = await withTaskGroup(of: Half<T>.self) { group in
        group.addTask {
          .source(await Self.feed(stream, body, from: source, initial))
        }
        group.addTask {
          defer { stream.close() }
          do { return .answer(.success(try await self.performOnce(question, consume))) } catch {
            return .answer(.failure(error))
          }
        }
        var outcome = Outcome<T>()
        for await half in group {
          switch half {
          case .source(let trail): outcome.trail = trail
          case .answer(let answer):
            outcome.answer = answer
            // A source that is still waiting for its server has nobody to read for.
            if case .failure = answer { group.cancelAll() }
          }
        }
        return outcome
      }
      trail = outcome.trail?.0 ?? initial
      if let failure = outcome.trail?.1 { throw failure }
      guard let answer = outcome.answer else { throw CancellationError() }
      return try answer.get()
    }
  }

  private enum Half<T: Sendable>: Sendable {
    case source((DigestTrail, (any Error)?))
    case answer(Result<T, any Error>)
  }

  private struct Outcome<T: Sendable> {
    var trail: (DigestTrail, (any Error)?)?
    var answer: Result<T, any Error>?
  }

  /// Reads the part from its source into the stream; the error is that of the source alone.
  private static func feed(
    _ stream: PieceStream, _ body: UploadBody, from source: any BlobSource, _ initial: DigestTrail
  ) async -> (DigestTrail, (any Error)?) {
    var trail = initial
    do {
      let from = trail.position <= body.start ? trail.position : trail.rewind(to: body.start)
      var reading = Reading(position: from)
      do {
        try await source.read(body.descriptor, from: from) { piece in
          try await reading.take(piece, of: body, into: stream, &trail)
        }
      } catch is Reading.Enough {}
      if body.end == body.descriptor.size, !reading.isVerified, body.count > 0 {
        throw Self.damaged(body.descriptor, "it ends after \(reading.position) of \(body.descriptor.size) bytes")
      }
      stream.end(.success(()))
      return (trail, nil)
    } catch is PieceStream.Closed {
      return (trail, nil)
    } catch {
      stream.end(.failure(error))
      if Task.isCancelled { return (trail, nil) }
      // A source repeats by itself what can be repeated.
      if let error = error as? RegistryError, error.kind != .corrupt { return (trail, error.lasting) }
      return (trail, error)
    }
  }

  static func damaged(_ descriptor: Descriptor, _ why: String) -> RegistryError {
    RegistryError(.corrupt, "cannot copy blob \(descriptor.digest.short)", why: [why], isTransient: true)
  }
}

/// The position of one reading of a source, on its way into a request.
private struct Reading {
  /// Thrown to end a reading whose part is complete.
  struct Enough: Error {}

  var position: Int64
  /// Whether the whole blob has been seen and has the right digest.
  private(set) var isVerified = false

  init(position: Int64) { self.position = position }

  mutating func take(
    _ piece: [UInt8], of body: UploadBody, into stream: PieceStream, _ trail: inout DigestTrail
  ) async throws {
    let begin = position
    let wanted = piece.prefix(Int(clamping: body.end - begin))
    guard body.end == body.descriptor.size ? wanted.count == piece.count : true else {
      throw RegistryClient.damaged(body.descriptor, "it has more than \(body.descriptor.size) bytes")
    }
    trail.update(wanted)
    position += Int64(wanted.count)
    if position == body.descriptor.size {
      guard trail.digest == body.descriptor.digest else {
        throw RegistryClient.damaged(body.descriptor, "its bytes hash to \(trail.digest)")
      }
      isVerified = true
    }
    let known = Int(clamping: max(0, body.start - begin))
    if known < wanted.count { try await stream.write(wanted.dropFirst(known)) }
    body.progress(position)
    if position >= body.end, body.end < body.descriptor.size { throw Enough() }
  }
}
