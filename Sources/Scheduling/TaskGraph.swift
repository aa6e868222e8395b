/// Work items and what each must wait for, checked once so that running it cannot get stuck.
///
/// Invariants: ids are unique, every dependency is a node, and there is no cycle.
package struct TaskGraph<ID: Hashable & Sendable>: Sendable {
  /// One item of work.
  package struct Node: Sendable {
    package let id: ID
    /// Items that must have succeeded before this one starts; a repeated id counts once.
    package let dependencies: [ID]

    package init(_ id: ID, after dependencies: [ID] = []) {
      self.id = id
      self.dependencies = dependencies
    }
  }

  /// The nodes as given; results come in this order.
  package let nodes: [Node]
  /// Position of each id in `nodes`.
  let positions: [ID: Int]
  /// For each node the positions of the nodes that wait for it, in input order.
  let dependants: [[Int]]
  /// For each node how many distinct nodes it waits for.
  let dependencyCounts: [Int]

  /// - Throws: `TaskGraphError` for a repeated id, a dependency that is no node, or a cycle.
  package init(_ nodes: [Node]) throws(TaskGraphError<ID>) {
    var positions: [ID: Int] = [:]
    for (position, node) in nodes.enumerated() where positions.updateValue(position, forKey: node.id) != nil {
      throw .duplicate(node.id)
    }
    var dependants = [[Int]](repeating: [], count: nodes.count)
    var counts = [Int](repeating: 0, count: nodes.count)
    for (position, node) in nodes.enumerated() {
      for dependency in Set(node.dependencies) {
        guard let target = positions[dependency] else { throw .unknown(dependency, neededBy: node.id) }
        dependants[target].append(position)
        counts[position] += 1
      }
    }
    self.nodes = nodes
    self.positions = positions
    self.dependants = dependants
    dependencyCounts = counts
    let order = topologicalPositions()
    guard order.count == nodes.count else { throw .cycle(findCycle(outside: Set(order))) }
  }

  /// The ids such that each comes after its dependencies, otherwise as in the input.
  package var topologicalOrder: [ID] { topologicalPositions().map { nodes[$0].id } }

  /// Every node that directly or indirectly waits for `id`, in input order; empty for an unknown id.
  package func transitiveDependants(of id: ID) -> [ID] {
    guard let start = positions[id] else { return [] }
    var reached: Set<Int> = []
    var pending = [start]
    while let next = pending.popLast() {
      for dependant in dependants[next] where reached.insert(dependant).inserted { pending.append(dependant) }
    }
    return reached.sorted().map { nodes[$0].id }
  }

  private func topologicalPositions() -> [Int] {
    var waiting = dependencyCounts
    var ready = PositionQueue(nodes.indices.filter { waiting[$0] == 0 })
    var order: [Int] = []
    order.reserveCapacity(nodes.count)
    while let next = ready.popFirst() {
      order.append(next)
      for dependant in dependants[next] {
        waiting[dependant] -= 1
        if waiting[dependant] == 0 { ready.insert(dependant) }
      }
    }
    return order
  }

  /// One cycle among the nodes that no topological order reaches, its first node repeated at the end.
  private func findCycle(outside order: Set<Int>) -> [ID] {
    guard var current = nodes.indices.first(where: { !order.contains($0) }) else { return [] }
    var path: [Int] = []
    var seenAt: [Int: Int] = [:]
    while seenAt[current] == nil {
      seenAt[current] = path.count
      path.append(current)
      let next = nodes[current].dependencies.compactMap { positions[$0] }.first { !order.contains($0) }
      guard let next else { break }
      current = next
    }
    return (path[(seenAt[current] ?? 0)...] + [current]).map { nodes[$0].id }
  }
}

/// A graph that cannot be run, and the node at fault.
package enum TaskGraphError<ID: Hashable & Sendable>: Error, Hashable {
  case duplicate(ID)
  case unknown(ID, neededBy: ID)
  /// Each waits for the next; the first is repeated at the end.
  case cycle([ID])
}
