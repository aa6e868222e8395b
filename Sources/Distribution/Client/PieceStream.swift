import struct NIOCore.ByteBuffer
import protocol NIOCore.EventLoop
import Synchronization

/// Bytes on their way from a source that pushes them to a request that pulls them, with a bounded number in between.
///
/// For one writer and one reader, once.
final class PieceStream: AsyncSequence, Sendable {
  typealias Element = ByteBuffer

  /// The reader is gone; what is written now would go nowhere.
  struct Closed: Error {}

  /// Bytes that may wait for the reader before the writer has to.
  private static let capacity = 1 << 20

  private struct State {
    var buffer = ByteBuffer()
    var end: Result<Void, any Error>?
    var isClosed = false
    var reader: CheckedContinuation<Void, Never>?
    var writer: CheckedContinuation<Void, Never>?
  }

  /// Bytes that will come in all.
  let length: Int64
  private let state = Mutex(State())
  private let loop: any EventLoop

  init(length: Int64, loop: any EventLoop) {
    self.length = length
    self.loop = loop
  }

  /// Hands bytes on, waiting while too many are on their way.
  ///
  /// - Throws: `Closed`, `CancellationError`.
  func write(_ bytes: ArraySlice<UInt8>) async throws {
    while true {
      try Task.checkCancellation()
      let isTaken = try state.withLock { state in
        if state.isClosed { throw Closed() }
        guard state.buffer.readableBytes < Self.capacity else { return false }
        state.buffer.writeBytes(bytes)
        Self.wake(&state.reader)
        return true
      }
      if isTaken { return }
      await wait(.writer)
    }
  }

  /// No more bytes will come: all of them did, or what went wrong.
  func end(_ result: Result<Void, any Error>) {
    state.withLock { state in
      state.end = result
      Self.wake(&state.reader)
    }
  }

  /// Nobody reads any more.
  func close() {
    state.withLock { state in
      state.isClosed = true
      Self.wake(&state.writer)
    }
  }

  func makeAsyncIterator() -> Iterator { Iterator(stream: self) }

  struct Iterator: AsyncIteratorProtocol {
    fileprivate let stream: PieceStream
    private var hasStarted = false

    fileprivate init(stream: PieceStream) { self.stream = stream }

    mutating func next() async throws -> ByteBuffer? {
      // As for files: without waiting for the loop, pieces would pile up in the connection.
      if hasStarted { try await stream.loop.submit {}.get() }
      hasStarted = true
      return try await stream.next()
    }
  }

  private func next() async throws -> ByteBuffer? {
    while true {
      try Task.checkCancellation()
      let (piece, end) = state.withLock { state -> (ByteBuffer?, Result<Void, any Error>?) in
        guard state.buffer.readableBytes > 0 else { return (nil, state.end) }
        let piece = state.buffer
        state.buffer = ByteBuffer()
        Self.wake(&state.writer)
        return (piece, nil)
      }
      if let piece { return piece }
      if let end {
        try end.get()
        return nil
      }
      await wait(.reader)
    }
  }

  private enum Side {
    case reader, writer
  }

  /// Waits until woken; not at all when there is something to do, and no longer than until the task is cancelled.
  private func wait(_ side: Side) async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isWaiting = state.withLock { state in
          if Task.isCancelled || Self.isReady(side, state) { return false }
          switch side {
          case .reader: state.reader = continuation
          case .writer: state.writer = continuation
          }
          return true
        }
        if !isWaiting { continuation.resume() }
      }
    } onCancel: {
      state.withLock { state in
        switch side {
        case .reader: Self.wake(&state.reader)
        case .writer: Self.wake(&state.writer)
        }
      }
    }
  }

  private static func isReady(_ side: Side, _ state: State) -> Bool {
    switch side {
    case .reader: state.end != nil || state.buffer.readableBytes > 0
    case .writer: state.isClosed || state.buffer.readableBytes < capacity
    }
  }

  private static func wake(_ continuation: inout CheckedContinuation<Void, Never>?) {
    continuation?.resume()
    continuation = nil
  }
}
