import Synchronization

/// What happened, in order, from any task.
final class Log: Sendable {
  private let lines = Mutex<[String]>([])

  func add(_ line: String) { lines.withLock { $0.append(line) } }
  var all: [String] { lines.withLock { $0 } }
}

/// How much of something is in use, and the most that ever was.
final class Gauge: Sendable {
  private let state = Mutex((now: 0, peak: 0))

  func add(_ amount: Int) {
    state.withLock {
      $0.now += amount
      $0.peak = max($0.peak, $0.now)
    }
  }

  var peak: Int { state.withLock { $0.peak } }
}
