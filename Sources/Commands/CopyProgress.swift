import Content
import Distribution
import OCI
import Progress
import Synchronization

/// Shows a copy on standard error: one line that changes on a terminal, else a line for each blob.
final class CopyProgress: Sendable {
  private struct State {
    var blobs = 0
    var placed = 0
    var total: Int64 = 0
    /// Bytes of each blob that is under way or done.
    var copied: [Digest: Int64] = [:]
    var lastDrawn: ContinuousClock.Instant?
  }

  private let isQuiet: Bool
  private let isInteractive = Terminal.standardError != nil
  private let start = ContinuousClock.now
  private let state = Mutex(State())

  init(isQuiet: Bool) { self.isQuiet = isQuiet }

  /// Takes an event from any task.
  var take: @Sendable (CopyEvent) -> Void { { self.apply($0) } }

  private func apply(_ event: CopyEvent) {
    let text = state.withLock { state -> String? in
      var line: String?
      switch event {
      case .planned(let blobs, let bytes): (state.blobs, state.total) = (blobs, bytes)
      case .copying(let blob, let bytes): state.copied[blob.digest] = bytes
      case .placed(let blob, let outcome):
        state.placed += 1
        state.copied[blob.digest] = blob.size
        line =
          "[\(state.placed)/\(state.blobs)] \(Format.digest(blob.digest)) \(Format.bytes(blob.size)) \(outcome.word)\n"
      }
      guard !isQuiet else { return nil }
      return isInteractive ? frame(&state) : line
    }
    if let text { Output.talk(text) }
  }

  /// The changing line, at most ten times a second.
  private func frame(_ state: inout State) -> String? {
    let now = ContinuousClock.now
    if let last = state.lastDrawn, now - last < .milliseconds(100) { return nil }
    state.lastDrawn = now
    let bytes = state.copied.values.reduce(0, +)
    let (seconds, attoseconds) = (now - start).components
    let elapsed = max(0.001, Double(seconds) + Double(attoseconds) / 1e18)
    let rate = Format.bytes(Int64(Double(bytes) / elapsed))
    return
      "\r\u{1b}[K\(state.placed)/\(state.blobs) blobs, \(Format.bytes(bytes)) of \(Format.bytes(state.total)), \(rate)/s"
  }

  /// Says what came of it.
  func finish(_ report: ImageCopy.Report) {
    guard !isQuiet else { return }
    let parts = [(BlobOutcome.sent, "sent"), (.mounted, "mounted"), (.present, "there")].compactMap { outcome, word in
      report.counts[outcome].map { "\($0) \(word)" }
    }
    let time = Format.duration(ContinuousClock.now - start)
    let referrers = report.referrers == 0 ? "" : ", with \(report.referrers) referrers"
    Output.talk(
      "\(isInteractive ? "\r\u{1b}[K" : "")copied \(Format.bytes(report.sentBytes)) in \(time)\(referrers)"
        + (parts.isEmpty ? "\n" : " (blobs: \(parts.joined(separator: ", ")))\n"))
  }
}

extension BlobOutcome {
  fileprivate var word: String {
    switch self {
    case .present: "is there"
    case .mounted: "mounted"
    case .sent: "sent"
    }
  }
}
