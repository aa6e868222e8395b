import Scheduling
import Testing

@Suite("Resource pool") struct ResourcePoolTests {
  /// A gate that tasks wait at until it is opened.
  private final class Gate: Sendable {
    private let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    func open() { continuation.finish() }
    func pass() async { for await _ in stream {} }
  }

  private static func untilWaiting(_ count: Int, in pool: ResourcePool) async {
    while pool.waiting < count { await Task.yield() }
  }

  @Test(arguments: [1, 2, 5]) func holdersNeverExceedTheCapacity(capacity: Int) async throws {
    let pool = ResourcePool(capacity: [.cpu: capacity])
    let held = Gauge()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<60 {
        let weight = number % 3 + 1
        group.addTask {
          try await pool.withPermits([.cpu: weight]) {
            held.add(min(weight, capacity))
            await Task.yield()
            held.add(-min(weight, capacity))
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(held.peak <= capacity)
    #expect(held.peak >= 1)
    #expect(pool.available(.cpu) == capacity)
    #expect(pool.waiting == 0)
  }

  @Test func aLargeRequestIsNotOvertaken() async throws {
    let pool = ResourcePool(capacity: [.cpu: 2, .network: 1])
    let gate = Gate()
    let order = Log()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await pool.withPermits([.cpu: 1]) { await gate.pass() } }
      while pool.available(.cpu) != 1 { await Task.yield() }
      group.addTask { try await pool.withPermits([.cpu: 2]) { order.add("large") } }
      await Self.untilWaiting(1, in: pool)
      group.addTask { try await pool.withPermits([.cpu: 1]) { order.add("small") } }
      await Self.untilWaiting(2, in: pool)
      // One that shares nothing with the waiting ones goes at once.
      try await pool.withPermits([.network: 1]) { order.add("network") }
      gate.open()
      try await group.waitForAll()
    }
    #expect(order.all == ["network", "large", "small"])
  }

  @Test func aCancelledWaiterLeavesTheQueue() async throws {
    let pool = ResourcePool(capacity: [.cpu: 2])
    let gate = Gate()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await pool.withPermits([.cpu: 1]) { await gate.pass() } }
      while pool.available(.cpu) != 1 { await Task.yield() }
      let wasCancelled = await withTaskGroup(of: Bool.self) { waiters in
        waiters.addTask {
          do { return try await pool.withPermits([.cpu: 2]) { false } } catch { return error is CancellationError }
        }
        await Self.untilWaiting(1, in: pool)
        waiters.cancelAll()
        return await waiters.next() ?? false
      }
      #expect(wasCancelled)
      #expect(pool.waiting == 0)
      // What was queued behind the cancelled one is not lost.
      try await pool.withPermits([.cpu: 1]) {}
      gate.open()
      try await group.waitForAll()
    }
    #expect(pool.available(.cpu) == 2)
  }

  @Test func aCancelledTaskGetsNothing() async {
    let pool = ResourcePool(capacity: [.cpu: 1])
    let ran = Log()
    await withTaskGroup(of: Void.self) { group in
      group.cancelAll()
      group.addTask { try? await pool.withPermits([.cpu: 1]) { ran.add("ran") } }
    }
    #expect(ran.all.isEmpty)
    #expect(pool.available(.cpu) == 1)
  }

  @Test func permitsComeBackAfterAnError() async {
    struct Failure: Error {}
    let pool = ResourcePool(capacity: [.disk: 1])
    await #expect(throws: Failure.self) { try await pool.withPermits([.disk: 1]) { throw Failure() } }
    #expect(pool.available(.disk) == 1)
  }

  @Test func moreThanThereIsMeansAll() async throws {
    let pool = ResourcePool(capacity: [.emulatedCPU: 2])
    let free = try await pool.withPermits([.emulatedCPU: 100, .network: 5]) { pool.available(.emulatedCPU) }
    #expect(free == 0)
    #expect(pool.available(.network) == nil)
  }
}
