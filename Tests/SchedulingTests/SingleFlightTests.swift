import Scheduling
import Testing

@Suite("single flight")
struct SingleFlightTests {
  @Test("callers at the same time share one computation")
  func shares() async throws {
    let flight = SingleFlight<Int, Int>(remembers: true)
    let made = Log()
    let values = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<50 {
        group.addTask {
          try await flight.value(for: 1) {
            made.add("made")
            try await Task.sleep(for: .milliseconds(5))
            return 7
          }
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(values == Array(repeating: 7, count: 50))
    #expect(made.all.count == 1)
  }

  @Test("a failure reaches those who wait and is not remembered")
  func failure() async throws {
    let flight = SingleFlight<Int, Int>(remembers: true)
    struct Failure: Error {}
    await #expect(throws: Failure.self) { try await flight.value(for: 1) { throw Failure() } }
    #expect(try await flight.value(for: 1) { 3 } == 3)
    #expect(try await flight.value(for: 1) { 4 } == 3)
    flight.forget(1)
    #expect(try await flight.value(for: 1) { 4 } == 4)
  }

  @Test("when the first caller is cancelled the next one takes over")
  func takeover() async throws {
    let flight = SingleFlight<Int, Int>(remembers: false)
    let started = AsyncStream<Void>.makeStream()
    let value = try await withThrowingTaskGroup(of: Int?.self) { group in
      group.addTask {
        try? await withThrowingTaskGroup(of: Int.self) { inner in
          inner.addTask {
            try await flight.value(for: 1) {
              started.continuation.yield()
              try await Task.sleep(for: .seconds(600))
              return 0
            }
          }
          inner.addTask {
            // The second caller waits by the time the first one is cancelled.
            try await Task.sleep(for: .milliseconds(20))
            throw CancellationError()
          }
          for try await _ in inner {}
          return 0
        }
      }
      for await _ in started.stream { break }
      group.addTask { try await flight.value(for: 1) { 9 } }
      return try await group.compactMap { $0 }.first { _ in true }
    }
    #expect(value == 9)
  }
}
