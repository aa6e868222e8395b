import Scheduling
import Testing

@Suite("Shared results") struct SharedResultsTests {
  private struct Failure: Error, Equatable {}

  @Test func oneComputationServesAllCallers() async throws {
    let shared = SharedResults<String, Int>()
    let calls = Log()
    let values = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<50 {
        group.addTask {
          try await shared.value(for: "k") {
            for _ in 0..<10 { await Task.yield() }
            calls.add("call")
            return calls.all.count
          }
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(values == Array(repeating: 1, count: 50))
    #expect(shared.finished("k") == 1)
    #expect(shared.finished("other") == nil)
  }

  @Test func keysAreIndependent() async throws {
    let shared = SharedResults<Int, Int>()
    for key in 0..<3 { #expect(try await shared.value(for: key) { key * 10 } == key * 10) }
  }

  @Test func anErrorReachesAllAndIsKept() async {
    let shared = SharedResults<String, Int>()
    let calls = Log()
    for _ in 0..<3 {
      await #expect(throws: Failure.self) {
        try await shared.value(for: "k") {
          calls.add("call")
          throw Failure()
        }
      }
    }
    #expect(calls.all.count == 1)
  }

  @Test func aCancelledFirstCallerHandsOver() async {
    let shared = SharedResults<String, String>()
    let (started, start) = AsyncStream.makeStream(of: Void.self)
    let second = await withTaskGroup(of: String.self) { outer in
      let first = await withTaskGroup(of: String.self) { inner in
        inner.addTask {
          do {
            return try await shared.value(for: "k") {
              start.yield()
              try await Task.sleep(for: .seconds(3600))
              return "first"
            }
          } catch { return error is CancellationError ? "cancelled" : "wrong" }
        }
        for await _ in started { break }
        outer.addTask {
          do { return try await shared.value(for: "k") { "second" } } catch { return "failed: \(error)" }
        }
        // Whether the second caller already waits or comes later, it must get its value.
        await Task.yield()
        inner.cancelAll()
        return await inner.next() ?? ""
      }
      #expect(first == "cancelled")
      return await outer.next() ?? ""
    }
    #expect(second == "second")
  }

  @Test func aCancelledWaiterDoesNotDisturbTheOthers() async throws {
    let shared = SharedResults<String, Int>()
    let (gate, open) = AsyncStream.makeStream(of: Void.self)
    let (started, start) = AsyncStream.makeStream(of: Void.self)
    let value = try await withThrowingTaskGroup(of: Int.self) { group in
      group.addTask {
        try await shared.value(for: "k") {
          start.yield()
          for await _ in gate {}
          return 5
        }
      }
      for await _ in started { break }
      let cancelled = await withTaskGroup(of: Bool.self) { waiters in
        waiters.addTask {
          do { return try await shared.value(for: "k") { 6 } == -1 } catch { return error is CancellationError }
        }
        for _ in 0..<5 { await Task.yield() }
        waiters.cancelAll()
        return await waiters.next() ?? false
      }
      #expect(cancelled)
      open.finish()
      return try await group.next()
    }
    #expect(value == 5)
  }
}
