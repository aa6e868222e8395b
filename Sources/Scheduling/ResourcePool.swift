import Synchronization

/// A semaphore over several resources at once: work waits until everything it asks for is free.
///
/// First come, first served among those that compete: a later waiter passes an earlier one only when they have no
/// resource in common, so large requests are not starved and unrelated ones are not held up.
package final class ResourcePool: Sendable {
  private struct Waiter {
    let id: UInt64
    let weights: [Resource: Int]
    let continuation: CheckedContinuation<Void, any Error>
  }

  private struct State {
    var free: [Resource: Int]
    var queue: [Waiter] = []
    var nextID: UInt64 = 0
    /// Ids whose task was cancelled before it got into the queue.
    var cancelledEarly: Set<UInt64> = []
  }

  private let capacity: [Resource: Int]
  private let state: Mutex<State>

  /// `capacity` in permits for each resource; a resource that is not listed is not limited.
  package init(capacity: [Resource: Int]) {
    self.capacity = capacity.mapValues { max(1, $0) }
    state = Mutex(State(free: self.capacity))
  }

  /// Runs `body` while holding `weights`; the permits come back however it ends.
  ///
  /// More than the whole capacity is taken as the whole capacity, so that a small machine runs large work alone instead
  /// of never.
  ///
  /// - Throws: `CancellationError` when cancelled while waiting, else what `body` throws.
  package nonisolated(nonsending) func withPermits<T>(
    _ weights: [Resource: Int], _ body: nonisolated(nonsending) () async throws -> T
  ) async throws -> T {
    let granted = clamped(weights)
    try await acquire(granted)
    defer { release(granted) }
    return try await body()
  }

  /// How many permits of `resource` nobody holds; nil when it is not limited.
  package func available(_ resource: Resource) -> Int? { state.withLock { $0.free[resource] } }

  /// How many callers wait.
  package var waiting: Int { state.withLock { $0.queue.count } }

  private func clamped(_ weights: [Resource: Int]) -> [Resource: Int] {
    var result: [Resource: Int] = [:]
    for (resource, weight) in weights where weight > 0 {
      if let limit = capacity[resource] { result[resource] = min(weight, limit) }
    }
    return result
  }

  private func acquire(_ weights: [Resource: Int]) async throws {
    try Task.checkCancellation()
    let id = state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        enqueue(Waiter(id: id, weights: weights, continuation: continuation))
      }
    } onCancel: {
      cancel(id)
    }
    // The handler may have found nothing to cancel, because the permits were granted just before.
    state.withLock { _ = $0.cancelledEarly.remove(id) }
  }

  private func enqueue(_ waiter: Waiter) {
    let granted = state.withLock { state -> [Waiter]? in
      if state.cancelledEarly.remove(waiter.id) != nil { return nil }
      state.queue.append(waiter)
      return Self.grant(&state)
    }
    guard let granted else { return waiter.continuation.resume(throwing: CancellationError()) }
    for waiter in granted { waiter.continuation.resume() }
  }

  private func cancel(_ id: UInt64) {
    let (cancelled, granted) = state.withLock { state -> (Waiter?, [Waiter]) in
      guard let position = state.queue.firstIndex(where: { $0.id == id }) else {
        state.cancelledEarly.insert(id)
        return (nil, [])
      }
      let waiter = state.queue.remove(at: position)
      return (waiter, Self.grant(&state))
    }
    cancelled?.continuation.resume(throwing: CancellationError())
    for waiter in granted { waiter.continuation.resume() }
  }

  private func release(_ weights: [Resource: Int]) {
    let granted = state.withLock { state in
      for (resource, weight) in weights { state.free[resource, default: 0] += weight }
      return Self.grant(&state)
    }
    for waiter in granted { waiter.continuation.resume() }
  }

  /// Takes from the queue all that can go, in order; a waiter that cannot holds its resources for itself.
  private static func grant(_ state: inout State) -> [Waiter] {
    var granted: [Waiter] = []
    var left: [Waiter] = []
    var claimed: Set<Resource> = []
    for waiter in state.queue {
      let fits = waiter.weights.allSatisfy { !claimed.contains($0.key) && (state.free[$0.key] ?? .max) >= $0.value }
      if fits {
        for (resource, weight) in waiter.weights { state.free[resource, default: 0] -= weight }
        granted.append(waiter)
      } else {
        claimed.formUnion(waiter.weights.keys)
        left.append(waiter)
      }
    }
    state.queue = left
    return granted
  }
}
