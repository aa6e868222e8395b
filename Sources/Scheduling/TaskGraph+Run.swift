/// How one node of a graph ended.
package enum NodeOutcome<ID: Hashable & Sendable, Value: Sendable>: Sendable {
  case succeeded(Value)
  case failed(any Error)
  /// Never started, because the named node, directly or indirectly waited for, failed.
  case skipped(because: ID)
  /// Not finished (or never started), because the run was cancelled or failed fast.
  case cancelled
}

/// What a failed node means for nodes that do not depend on it.
package enum FailurePolicy: Sendable {
  /// They run to their end.
  case keepGoing
  /// Those running are cancelled and no other is started.
  case failFast
}

extension TaskGraph {
  /// Runs every node after its dependencies, at most `limit` at once, and returns the outcomes in the order of `nodes`.
  ///
  /// `body` gets the id and the values of the node's direct dependencies. Cancelling the calling task cancels what runs,
  /// starts nothing more, and still returns what is finished. All child tasks have ended when this returns.
  ///
  /// - Precondition: `limit` is at least 1.
  package func run<Value: Sendable>(
    limit: Int, policy: FailurePolicy = .keepGoing,
    _ body: @escaping @Sendable (ID, [ID: Value]) async throws -> Value
  ) async -> [NodeOutcome<ID, Value>] {
    precondition(limit >= 1, "a limit below one would never start anything")
    var run = GraphRun<ID, Value>(graph: self, policy: policy)
    await withTaskGroup(of: (Int, Result<Value, any Error>).self) { group in
      var running = 0
      while true {
        if Task.isCancelled { run.stop() }
        while running < limit, let position = run.next() {
          let (id, inputs) = (nodes[position].id, run.inputs(of: position))
          let added = group.addTaskUnlessCancelled {
            do { return (position, .success(try await body(id, inputs))) } catch { return (position, .failure(error)) }
          }
          if added { running += 1 } else { run.stop() }
        }
        guard let (position, result) = await group.next() else { break }
        running -= 1
        run.finish(position, result)
        if run.isStopped { group.cancelAll() }
      }
    }
    return run.outcomes.map { $0 ?? .cancelled }
  }
}

/// The bookkeeping of one run, without any concurrency of its own.
private struct GraphRun<ID: Hashable & Sendable, Value: Sendable> {
  private let graph: TaskGraph<ID>
  private let policy: FailurePolicy
  private var waiting: [Int]
  private var ready: PositionQueue
  private(set) var outcomes: [NodeOutcome<ID, Value>?]
  private(set) var isStopped = false

  init(graph: TaskGraph<ID>, policy: FailurePolicy) {
    self.graph = graph
    self.policy = policy
    waiting = graph.dependencyCounts
    ready = PositionQueue(graph.nodes.indices.filter { graph.dependencyCounts[$0] == 0 })
    outcomes = Array(repeating: nil, count: graph.nodes.count)
  }

  mutating func stop() { isStopped = true }

  mutating func next() -> Int? { isStopped ? nil : ready.popFirst() }

  func inputs(of position: Int) -> [ID: Value] {
    var inputs: [ID: Value] = [:]
    for id in graph.nodes[position].dependencies {
      if let target = graph.positions[id], case .succeeded(let value) = outcomes[target] { inputs[id] = value }
    }
    return inputs
  }

  mutating func finish(_ position: Int, _ result: Result<Value, any Error>) {
    switch result {
    case .success(let value):
      outcomes[position] = .succeeded(value)
      for dependant in graph.dependants[position] {
        waiting[dependant] -= 1
        if waiting[dependant] == 0 { ready.insert(dependant) }
      }
    case .failure(is CancellationError) where isStopped || Task.isCancelled:
      outcomes[position] = .cancelled
      isStopped = true
    case .failure(let error):
      outcomes[position] = .failed(error)
      skipDependants(of: position)
      if policy == .failFast { isStopped = true }
    }
  }

  private mutating func skipDependants(of position: Int) {
    let cause = graph.nodes[position].id
    for id in graph.transitiveDependants(of: cause) {
      if let target = graph.positions[id], outcomes[target] == nil { outcomes[target] = .skipped(because: cause) }
    }
  }
}
