import Scheduling
import Synchronization
import Testing

/// One case of a suite.
protocol SuiteCase: Sendable {
  /// As in the suite it was taken from.
  var name: String { get }
}

/// Runs the cases of a suite, two at a time, and compares what was found with what is known.
struct SuiteRun {
  let name: String
  /// Why a case differs, by the case's name.
  let known: [String: String]
  /// What is wrong with the expectation of a case, by the case's name.
  var corrections: [String: Correction] = [:]

  /// What became of the cases.
  struct Counts {
    var passed = 0
    var corrected: [String] = []
    var different: [String] = []
    var failed: [String] = []
  }

  /// Runs `body` on every case; it says what is not as it should be.
  ///
  /// A known difference that is gone is a failure too: the list stays honest.
  func run<Case: SuiteCase>(
    _ cases: [Case], limit: Duration = .seconds(60), _ body: @escaping @Sendable (Case) async throws -> [String]
  ) async {
    let found = await Self.results(of: cases, limit: limit, body)
    var counts = Counts()
    for (test, differences) in zip(cases, found) {
      if let correction = corrections[test.name] {
        if differences == correction.differences {
          counts.corrected.append(test.name)
        } else {
          counts.failed.append(test.name)
          Issue.record("\(name): \(test.name) differs otherwise than its correction says: \(differences)")
        }
        continue
      }
      switch (differences.isEmpty, known[test.name]) {
      case (true, nil): counts.passed += 1
      case (false, _?): counts.different.append(test.name)
      case (true, let reason?):
        counts.failed.append(test.name)
        Issue.record("\(name): \(test.name) passes, so it is no known difference any more (\(reason))")
      case (false, nil):
        counts.failed.append(test.name)
        Issue.record("\(name): \(test.name): \(differences.prefix(8).joined(separator: "; "))")
      }
    }
    report(cases.count, counts)
  }

  private func report(_ total: Int, _ counts: Counts) {
    print(
      "\(name): \(total) cases, \(counts.passed) passed, \(counts.corrected.count) with a corrected expectation, "
        + "\(counts.different.count) known differences, \(counts.failed.count) failed")
    for test in counts.corrected { print("  \(test): \(corrections[test]?.reason ?? "") (corrected)") }
    for test in counts.different { print("  \(test): \(known[test] ?? "")") }
  }

  /// What `body` says of each case; an error is a difference as well.
  private static func results<Case: SuiteCase>(
    of cases: [Case], limit: Duration, _ body: @escaping @Sendable (Case) async throws -> [String]
  ) async -> [[String]] {
    await withTaskGroup(of: (Int, [String]).self) { group in
      var results = [[String]](repeating: [], count: cases.count)
      var next = 0
      func start() {
        guard next < cases.count else { return }
        let (index, test) = (next, cases[next])
        next += 1
        group.addTask {
          do {
            return (index, try await within(limit) { try await body(test) })
          } catch {
            return (index, ["failed: \(error)"])
          }
        }
      }
      for _ in 0..<2 { start() }
      for await (index, differences) in group {
        results[index] = differences
        start()
      }
      return results
    }
  }
}

/// Something went on longer than it may.
struct TimeLimitExceeded: Error, CustomStringConvertible {
  let limit: Duration
  var description: String { "it takes longer than \(limit)" }
}

/// Runs `body`, cancelled and given up as failed when it takes too long.
func within<R: Sendable>(_ limit: Duration, _ body: @escaping @Sendable () async throws -> R) async throws -> R {
  try await withThrowingTaskGroup(of: R?.self) { group in
    group.addTask { try await body() }
    group.addTask {
      try await Task.sleep(for: limit)
      return nil
    }
    defer { group.cancelAll() }
    guard let first = try await group.next(), let result = first else { throw TimeLimitExceeded(limit: limit) }
    return result
  }
}
