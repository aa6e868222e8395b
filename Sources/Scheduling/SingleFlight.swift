import Synchronization

/// One computation per key at a time: whoever comes later waits for it and gets the same value.
///
/// The first caller computes in its own task; when it is cancelled, the next waiting caller takes over. A failure is
/// given to everyone who waited and not remembered, so that a later caller tries again.
package final class SingleFlight<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private enum Entry {
    case running([UInt64: CheckedContinuation<Value?, any Error>])
    case done(Value)
  }

  private struct State {
    var entries: [Key: Entry] = [:]
    var nextWaiter: UInt64 = 0
  }

  private enum Claim {
    case done(Value)
    case owner
    case waiter(UInt64)
  }

  private let remembers: Bool
  private let state = Mutex(State())

  /// With `remembers`, a value once computed is the answer for ever; without, only for those who waited for it.
  package init(remembers: Bool) { self.remembers = remembers }

  /// The value of `key`, computed by `make` unless that is already going on.
  package func value(for key: Key, make: () async throws -> Value) async throws -> Value {
    while true {
      try Task.checkCancellation()
      switch claim(key) {
      case .done(let value): return value
      case .waiter(let id):
        if let value = try await wait(id, for: key) { return value }
      case .owner:
        do {
          let value = try await make()
          finish(key, .success(value))
          return value
        } catch {
          finish(key, Task.isCancelled ? nil : .failure(error))
          throw error
        }
      }
    }
  }

  /// Forgets a remembered value, because the world has changed.
  package func forget(_ key: Key) {
    state.withLock { state in
      if case .done = state.entries[key] { state.entries[key] = nil }
    }
  }

  private func claim(_ key: Key) -> Claim {
    state.withLock { state in
      switch state.entries[key] {
      case .done(let value): return .done(value)
      case .running:
        state.nextWaiter += 1
        return .waiter(state.nextWaiter)
      case nil:
        state.entries[key] = .running([:])
        return .owner
      }
    }
  }

  /// nil when there is nothing to wait for any more: the caller claims again.
  private func wait(_ id: UInt64, for key: Key) async throws -> Value? {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let registered = state.withLock { state in
          guard !Task.isCancelled, case .running(var waiters) = state.entries[key] else { return false }
          waiters[id] = continuation
          state.entries[key] = .running(waiters)
          return true
        }
        if !registered { continuation.resume(returning: nil) }
      }
    } onCancel: {
      let continuation = state.withLock { state -> CheckedContinuation<Value?, any Error>? in
        guard case .running(var waiters) = state.entries[key] else { return nil }
        let continuation = waiters.removeValue(forKey: id)
        state.entries[key] = .running(waiters)
        return continuation
      }
      continuation?.resume(throwing: CancellationError())
    }
  }

  private func finish(_ key: Key, _ result: Result<Value, any Error>?) {
    let waiters = state.withLock { state in
      guard case .running(let waiters) = state.entries[key] else { return [CheckedContinuation<Value?, any Error>]() }
      if remembers, case .success(let value) = result {
        state.entries[key] = .done(value)
      } else {
        state.entries[key] = nil
      }
      return Array(waiters.values)
    }
    for waiter in waiters {
      switch result {
      case .success(let value): waiter.resume(returning: value)
      case .failure(let error): waiter.resume(throwing: error)
      case nil: waiter.resume(returning: nil)
      }
    }
  }
}
