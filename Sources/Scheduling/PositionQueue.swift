/// Ready nodes, lowest position first, so that the order of starting follows the input: a binary heap.
struct PositionQueue {
  private var heap: [Int] = []

  init(_ positions: some Sequence<Int>) {
    // A sorted array is a heap.
    heap = positions.sorted()
  }

  mutating func insert(_ position: Int) {
    heap.append(position)
    var child = heap.count - 1
    while child > 0, heap[child] < heap[(child - 1) / 2] {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func popFirst() -> Int? {
    guard let first = heap.first, let last = heap.popLast() else { return nil }
    guard !heap.isEmpty else { return first }
    heap[0] = last
    var parent = 0
    while true {
      let smallest = [2 * parent + 1, 2 * parent + 2].filter { $0 < heap.count }.min { heap[$0] < heap[$1] }
      guard let smallest, heap[smallest] < heap[parent] else { return first }
      heap.swapAt(smallest, parent)
      parent = smallest
    }
  }
}
