import Synchronization

/// Adds up pieces that are sent and reports the sum after each.
final class ByteCounter: Sendable {
  private let total: Atomic<Int64>
  private let report: @Sendable (Int64) -> Void

  /// Counts on from `start`.
  init(from start: Int64 = 0, _ report: @escaping @Sendable (Int64) -> Void) {
    total = Atomic(start)
    self.report = report
  }

  func add(_ count: Int) {
    report(total.wrappingAdd(Int64(count), ordering: .relaxed).newValue)
  }
}
