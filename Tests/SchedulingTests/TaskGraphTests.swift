import Scheduling
import Testing

private typealias Graph = TaskGraph<String>

private struct Failure: Error, Equatable { let id: String }

private func describe(_ outcome: NodeOutcome<String, Int>) -> String {
  switch outcome {
  case .succeeded(let value): "=\(value)"
  case .failed(let error): "failed \((error as? Failure)?.id ?? "?")"
  case .skipped(let id): "skipped \(id)"
  case .cancelled: "cancelled"
  }
}

@Suite("Task graph") struct TaskGraphTests {
  /// a ← b ← d, a ← c ← d, and e alone.
  private static func diamond() throws -> Graph {
    try Graph([
      .init("d", after: ["b", "c"]), .init("b", after: ["a"]), .init("c", after: ["a", "a"]), .init("a"), .init("e"),
    ])
  }

  @Test func valuesReachDependantsAndResultsKeepInputOrder() async throws {
    let outcomes = try await Self.diamond().run(limit: 4) { id, inputs in
      inputs.values.reduce(id.utf8.reduce(0) { $0 + Int($1) - 96 }, +)
    }
    // d = 4 + (b = 2 + 1) + (c = 3 + 1)
    #expect(outcomes.map(describe) == ["=11", "=3", "=4", "=1", "=5"])
  }

  @Test func topologicalOrderIsStable() throws {
    #expect(try Self.diamond().topologicalOrder == ["a", "b", "c", "d", "e"])
    #expect(try Self.diamond().transitiveDependants(of: "a") == ["d", "b", "c"])
  }

  @Test(arguments: [1, 2, 3]) func neverMoreThanTheLimitRuns(limit: Int) async throws {
    let (started, running) = (Log(), Gauge())
    let graph = try Graph((0..<40).map { .init("n\($0)", after: $0 % 5 == 0 || $0 < 7 ? [] : ["n\($0 - 7)"]) })
    let outcomes = await graph.run(limit: limit) { id, _ in
      started.add(id)
      running.add(1)
      defer { running.add(-1) }
      for _ in 0..<5 { await Task.yield() }
      return 0
    }
    #expect(outcomes.allSatisfy { if case .succeeded = $0 { true } else { false } })
    #expect((1...limit).contains(running.peak))
    if limit == 1 { #expect(started.all == graph.topologicalOrder) }
  }

  @Test func failureSkipsDependantsAndLetsOthersFinish() async throws {
    let outcomes = try await Self.diamond().run(limit: 2) { id, _ in
      if id == "b" { throw Failure(id: id) }
      return 1
    }
    #expect(outcomes.map(describe) == ["skipped b", "failed b", "=1", "=1", "=1"])
  }

  @Test func skippedNodesNameTheRootCause() async throws {
    let graph = try Graph([.init("a"), .init("b", after: ["a"]), .init("c", after: ["b"])])
    let outcomes = await graph.run(limit: 2) { id, _ -> Int in throw Failure(id: id) }
    #expect(outcomes.map(describe) == ["failed a", "skipped a", "skipped a"])
  }

  @Test func failFastStartsNothingMore() async throws {
    let started = Log()
    let graph = try Graph((0..<10).map { .init("n\($0)") })
    let outcomes = await graph.run(limit: 1, policy: .failFast) { id, _ in
      started.add(id)
      if id == "n2" { throw Failure(id: id) }
      return 0
    }
    #expect(started.all == ["n0", "n1", "n2"])
    #expect(outcomes.map(describe) == ["=0", "=0", "failed n2"] + Array(repeating: "cancelled", count: 7))
  }

  @Test func failFastCancelsWhatRuns() async throws {
    let graph = try Graph([.init("slow"), .init("bad")])
    let outcomes = await graph.run(limit: 2, policy: .failFast) { id, _ in
      if id == "bad" { throw Failure(id: id) }
      try await Task.sleep(for: .seconds(3600))
      return 0
    }
    #expect(outcomes.map(describe) == ["cancelled", "failed bad"])
  }

  @Test func cancellationKeepsWhatIsFinished() async throws {
    let graph = try Graph([.init("quick"), .init("slow", after: ["quick"]), .init("later", after: ["slow"])])
    let (stream, continuation) = AsyncStream.makeStream(of: String.self)
    let outcomes = await withTaskGroup(of: [NodeOutcome<String, Int>]?.self) { group in
      group.addTask {
        await graph.run(limit: 2) { id, _ in
          continuation.yield(id)
          if id == "slow" { try await Task.sleep(for: .seconds(3600)) }
          return 7
        }
      }
      for await id in stream where id == "slow" { break }
      group.cancelAll()
      return await group.next() ?? nil
    }
    #expect(outcomes?.map(describe) == ["=7", "cancelled", "cancelled"])
  }

  @Test func malformedGraphsAreRefused() {
    #expect(throws: TaskGraphError.duplicate("a")) { try Graph([.init("a"), .init("a")]) }
    #expect(throws: TaskGraphError.unknown("x", neededBy: "a")) { try Graph([.init("a", after: ["x"])]) }
    #expect(throws: TaskGraphError.cycle(["a", "a"])) { try Graph([.init("a", after: ["a"])]) }
    #expect(throws: TaskGraphError.cycle(["b", "c", "b"])) {
      try Graph([.init("r"), .init("a", after: ["r", "b"]), .init("b", after: ["c"]), .init("c", after: ["b", "r"])])
    }
  }

  @Test func anEmptyGraphHasNoOutcomes() async throws {
    #expect(try await Graph([]).run(limit: 1) { _, _ in 0 }.isEmpty)
  }
}
