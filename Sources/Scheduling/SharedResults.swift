import Synchronization

/// One computation for each key, however many ask for it: the first caller computes, the others wait for its result.
///
/// Results and errors are kept as long as this value, which therefore belongs to one run. There is no task of its own: the
/// computation runs in the task of a caller, and when that one is cancelled, the next caller in line takes over.
package final class SharedResults<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private enum Wake: Sendable {
    case result(Result<Value, any Error>)
    case takeOver
    case cancelled
  }

  private struct Waiter {
    let id: UInt64
    let continuation: CheckedContinuation<Wake, Never>
  }

  private enum Entry {
    case running(waiters: [Waiter])
    case finished(Result<Value, any Error>)
  }

  private struct State {
    var entries: [Key: Entry] = [:]
    var nextID: UInt64 = 0
    var cancelledEarly: Set<UInt64> = []
  }

  private enum Role {
    case compute
    case wait(UInt64)
    case done(Result<Value, any Error>)
  }

  private let state = Mutex(State())

  package init() {}

  /// The value for `key`: computed by `make` unless a computation for it is running or done.
  ///
  /// - Throws: what the computation threw, to every caller; `CancellationError` only to a caller whose own task is cancelled.
  package nonisolated(nonsending) func value(
    for key: Key, make: nonisolated(nonsending) () async throws -> Value
  ) async throws -> Value {
    switch enter(key) {
    case .done(let result): return try result.get()
    case .compute: return try await compute(key, make)
    case .wait(let id):
      switch await wait(for: key, as: id) {
      case .result(let result): return try result.get()
      case .takeOver: return try await compute(key, make)
      case .cancelled: throw CancellationError()
      }
    }
  }

  /// Whether the value for `key` is there, without waiting.
  package func finished(_ key: Key) -> Value? {
    state.withLock { state in
      guard case .finished(.success(let value)) = state.entries[key] else { return nil }
      return value
    }
  }

  private func enter(_ key: Key) -> Role {
    state.withLock { state in
      switch state.entries[key] {
      case .finished(let result): return .done(result)
      case .running:
        state.nextID += 1
        return .wait(state.nextID)
      case nil:
        state.entries[key] = .running(waiters: [])
        return .compute
      }
    }
  }

  private nonisolated(nonsending) func compute(
    _ key: Key, _ make: nonisolated(nonsending) () async throws -> Value
  ) async throws -> Value {
    do {
      try Task.checkCancellation()
      let value = try await make()
      finish(key, .success(value))
      return value
    } catch {
      if Task.isCancelled { abandon(key) } else { finish(key, .failure(error)) }
      throw error
    }
  }

  private func finish(_ key: Key, _ result: Result<Value, any Error>) {
    let waiters = state.withLock { state -> [Waiter] in
      guard case .running(let waiters) = state.entries[key] else { return [] }
      state.entries[key] = .finished(result)
      return waiters
    }
    for waiter in waiters { waiter.continuation.resume(returning: .result(result)) }
  }

  /// The computing caller was cancelled: the next one in line computes, or the key is free again.
  private func abandon(_ key: Key) {
    let next = state.withLock { state -> Waiter? in
      guard case .running(var waiters) = state.entries[key], !waiters.isEmpty else {
        state.entries[key] = nil
        return nil
      }
      let next = waiters.removeFirst()
      state.entries[key] = .running(waiters: waiters)
      return next
    }
    next?.continuation.resume(returning: .takeOver)
  }

  private func wait(for key: Key, as id: UInt64) async -> Wake {
    let wake = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in enqueue(Waiter(id: id, continuation: continuation), for: key) }
    } onCancel: {
      cancel(id, for: key)
    }
    state.withLock { _ = $0.cancelledEarly.remove(id) }
    return wake
  }

  private func enqueue(_ waiter: Waiter, for key: Key) {
    let wake = state.withLock { state -> Wake? in
      if state.cancelledEarly.remove(waiter.id) != nil { return .cancelled }
      switch state.entries[key] {
      case .finished(let result): return .result(result)
      case .running(let waiters):
        state.entries[key] = .running(waiters: waiters + [waiter])
        return nil
      case nil:
        // The computing caller was cancelled between this caller's two steps.
        state.entries[key] = .running(waiters: [])
        return .takeOver
      }
    }
    if let wake { waiter.continuation.resume(returning: wake) }
  }

  private func cancel(_ id: UInt64, for key: Key) {
    let waiter = state.withLock { state -> Waiter? in
      guard case .running(var waiters) = state.entries[key],
        let position = waiters.firstIndex(where: { $0.id == id })
      else {
        state.cancelledEarly.insert(id)
        return nil
      }
      let waiter = waiters.remove(at: position)
      state.entries[key] = .running(waiters: waiters)
      return waiter
    }
    waiter?.continuation.resume(returning: .cancelled)
  }
}
