import CLinux
import Glibc
import Synchronization
import SystemPackage

/// Owned threads for system calls that block, so that Swift's cooperative pool (one thread a core) never waits.
///
/// Threads are created on demand up to a limit and live as long as the process: a child's parent-death signal is tied to
/// the *thread* that made it, so a thread must not end before its children. They have all signals blocked.
package final class BlockingPool: Sendable {
  /// The pool of the process.
  package static let shared = BlockingPool(threadLimit: 64)

  private struct State {
    var queue: [Work] = []
    /// Index of the oldest piece of work in `queue`; entries before it are spent.
    var head = 0
    var threads = 0
    /// Threads that wait for work or are about to.
    var waiting = 0
  }

  private typealias Work = @Sendable () -> Void

  private let state = Mutex(State())
  private let available = CountingSemaphore()
  private let threadLimit: Int

  /// - Parameter threadLimit: the most threads at a time, hence the most calls blocked at a time.
  package init(threadLimit: Int) { self.threadLimit = max(1, threadLimit) }

  /// Runs `body` on a thread of the pool and returns its value; the calling task is suspended, not blocked.
  ///
  /// A cancelled task does not start `body`; once started, `body` runs to its end (a system call cannot be interrupted),
  /// so long work checks `Task.isCancelled` itself through a flag of its own.
  /// - Throws: `CancellationError` before the start, else what `body` throws.
  package func run<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
    try Task.checkCancellation()
    return try await withCheckedThrowingContinuation { continuation in
      submit { continuation.resume(with: Result(catching: body)) }
    }
  }

  /// As `run`, with a flag that turns true when the calling task is cancelled while `body` runs.
  package func runCancellable<T: Sendable>(
    _ body: @escaping @Sendable (CancellationFlag) throws -> T
  ) async throws -> T {
    let flag = CancellationFlag()
    return try await withTaskCancellationHandler {
      try await run { try body(flag) }
    } onCancel: {
      flag.cancel()
    }
  }

  private func submit(_ work: @escaping Work) {
    let needsThread = state.withLock { state in
      state.queue.append(work)
      guard state.queue.count - state.head > state.waiting, state.threads < threadLimit else { return false }
      state.threads += 1
      state.waiting += 1
      return true
    }
    if needsThread, !spawnThread() {
      state.withLock {
        $0.threads -= 1
        $0.waiting -= 1
      }
      // Without a single thread nothing would ever run the work.
      precondition(state.withLock { $0.threads > 0 }, "the system refuses to create a thread")
    }
    available.signal()
  }

  private func spawnThread() -> Bool {
    let context = Unmanaged.passRetained(self).toOpaque()
    let result = cl_spawn_thread(
      { context in
        guard let context else { return nil }
        Unmanaged<BlockingPool>.fromOpaque(context).takeRetainedValue().work()
        return nil
      }, context)
    if result != 0 { Unmanaged<BlockingPool>.fromOpaque(context).release() }
    return result == 0
  }

  private func work() {
    while true {
      available.wait()
      let work = state.withLock { state in
        state.waiting -= 1
        let work = state.queue[state.head]
        state.queue[state.head] = {}
        state.head += 1
        if state.head == state.queue.count {
          state.queue.removeAll(keepingCapacity: true)
          state.head = 0
        }
        return work
      }
      work()
      state.withLock { $0.waiting += 1 }
    }
  }
}

/// Whether somebody wants the work on a pool thread to stop.
package final class CancellationFlag: Sendable {
  private let flag = Atomic<Bool>(false)

  package init() {}

  package var isCancelled: Bool { flag.load(ordering: .relaxed) }

  package func cancel() { flag.store(true, ordering: .relaxed) }

  /// - Throws: `CancellationError` once `cancel` was called.
  package func check() throws {
    if isCancelled { throw CancellationError() }
  }
}

/// A POSIX semaphore, the one thing a thread of the pool sleeps on.
///
/// `@unchecked Sendable`: `sem_t` is made for use from many threads and stays at one address.
private final class CountingSemaphore: @unchecked Sendable {
  private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  init() { sem_init(semaphore, 0, 0) }

  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  func signal() { sem_post(semaphore) }

  func wait() {
    while sem_wait(semaphore) != 0 {}
  }
}
