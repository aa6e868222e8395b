import Testing

@testable import Distribution

@Suite("request limits")
struct RequestLimitTests {
  @Test("a limit is never exceeded and nobody is forgotten")
  func limit() async throws {
    let limit = RequestLimit(3)
    let running = Collected<Int>()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<40 {
        group.addTask {
          try await limit.run {
            running.append(1)
            #expect(running.values.reduce(0, +) <= 3)
            await Task.yield()
            running.append(-1)
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(running.values.count == 80)
  }
}
