import Testing

@testable import Distribution

@Suite("repetition")
struct RetryTests {
  @Test("waits double, with chance, up to a longest one", arguments: [(1, 200), (2, 400), (3, 800), (20, 30_000)])
  func delays(attempt: Int, milliseconds: Int) {
    let policy = RetryPolicy()
    let full = Duration.milliseconds(milliseconds)
    #expect(policy.delay(after: attempt, retryAfter: nil, chance: 1) == full)
    #expect(policy.delay(after: attempt, retryAfter: nil, chance: 0) == full / 2)
  }

  @Test("Retry-After is followed up to the longest wait")
  func retryAfter() {
    let policy = RetryPolicy()
    #expect(policy.delay(after: 1, retryAfter: .seconds(7), chance: 0) == .seconds(7))
    #expect(policy.delay(after: 1, retryAfter: .seconds(7000), chance: 0) == policy.longestDelay)
  }

  @Test(
    "Retry-After is seconds or a date",
    arguments: [
      ("120", 120), ("0", 0), ("Sun, 06 Nov 1994 08:50:37 GMT", 60), ("Sun, 06 Nov 1994 08:00:00 GMT", 0), ("-1", nil),
      ("soon", nil), ("Sun, 06 Nov 1994 08:49:37 CET", nil),
    ] as [(String, Int?)])
  func parse(value: String, seconds: Int?) {
    // Sun, 06 Nov 1994 08:49:37 GMT
    #expect(RetryAfter.parse(value, now: 784_111_777) == seconds.map { .seconds($0) })
  }

  @Test("a passing fault is repeated, a lasting one believed, others are not repeated")
  func attempts() async throws {
    var policy = RetryPolicy()
    policy.sleep = { _ in }
    #expect(try await attempts(policy, failures: 3, .transient) == 4)
    #expect(try await attempts(policy, failures: 100, .transient) == nil)
    #expect(try await attempts(policy, failures: 1, RegistryError(.status(404), "x")) == nil)
    let unreachable = RegistryError(.unreachable, "x", isTransient: true)
    #expect(try await attempts(policy, failures: 2, unreachable) == 3)
    #expect(try await attempts(policy, failures: 3, unreachable) == nil)
  }

  @Test("the budget bounds all waits together")
  func budget() async {
    var policy = RetryPolicy()
    policy.attempts = 1000
    policy.budget = .seconds(10)
    let waits = Collected<Duration>()
    policy.sleep = { waits.append($0) }
    let error = await #expect(throws: RegistryError.self) { try await policy.run { throw RegistryError.transient } }
    #expect(waits.values.reduce(.zero, +) <= .seconds(10))
    #expect(error?.why.last?.hasPrefix("tried ") == true)
  }

  /// The number of attempts until success; nil when it never came.
  private func attempts(_ policy: RetryPolicy, failures: Int, _ error: RegistryError) async throws -> Int? {
    var count = 0
    do {
      try await policy.run {
        count += 1
        if count <= failures { throw error }
      }
      return count
    } catch is RegistryError {
      return nil
    }
  }
}

extension RegistryError {
  fileprivate static let transient = RegistryError(.status(503), "x", isTransient: true)
}
