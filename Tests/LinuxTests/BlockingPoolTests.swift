import Linux
import Synchronization
import Testing

@Suite("blocking pool")
struct BlockingPoolTests {
  struct Failure: Error {}

  /// How many bodies run, and the most that did at a time.
  final class Occupancy: Sendable {
    let counts = Mutex((running: 0, most: 0))

    func during<T>(_ body: () -> T) -> T {
      counts.withLock {
        $0.running += 1
        $0.most = max($0.most, $0.running)
      }
      defer { counts.withLock { $0.running -= 1 } }
      return body()
    }
  }

  @Test("values and errors come back")
  func results() async throws {
    let pool = BlockingPool(threadLimit: 2)
    #expect(try await pool.run { 42 } == 42)
    await #expect(throws: Failure.self) { try await pool.run { throw Failure() } }
  }

  @Test("no more than the limit run at a time, and all are run", arguments: [1, 3])
  func limit(threads: Int) async throws {
    let pool = BlockingPool(threadLimit: threads)
    let occupancy = Occupancy()
    try await withThrowingTaskGroup(of: Int.self) { group in
      for index in 0..<200 {
        group.addTask {
          try await pool.run {
            occupancy.during { (0..<1000).reduce(0, &+) == 499_500 ? index : -1 }
          }
        }
      }
      var all: Set<Int> = []
      for try await index in group { all.insert(index) }
      #expect(all == Set(0..<200))
    }
    #expect(occupancy.counts.withLock { $0.most } <= threads)
  }

  @Test("a cancelled task does not start, a running one is told")
  func cancellation() async throws {
    let pool = BlockingPool(threadLimit: 2)
    let started = AsyncStream.makeStream(of: Void.self)
    await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask {
        try await pool.runCancellable { flag in
          started.continuation.yield()
          while !flag.isCancelled {}
          return true
        }
      }
      for await _ in started.stream { break }
      group.cancelAll()
      await #expect(throws: Never.self) { try await group.next() }
      group.addTask { try await pool.run { true } }
      await #expect(throws: CancellationError.self) { try await group.next() }
    }
  }
}
