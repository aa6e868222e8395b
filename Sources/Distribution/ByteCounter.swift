import Synchronization

/// Adds up pieces that are sent and reports the sum after each.
final class ByteCounter: Sendable {
  private let total = Atomic<Int64>(0)
  private let report: @Sendable (Int64) -> Void

  init(_ report: @escaping @Sendable (Int64) -> Void) { self.report = report }

  func add(_ count: Int) {
    report(total.wrappingAdd(Int64(count), ordering: .relaxed).newValue)
  }
}
