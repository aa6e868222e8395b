/// Output for logs and pipes: what a cell has to say is printed when it ends, so that two cells never mix.
///
/// The text is an interface: programs read it, golden tests fix it.
package struct PlainRenderer: Sendable {
  /// Silence after which a line tells that a run is alive.
  package static let heartbeat = Duration.seconds(30)

  private let isGitHub: Bool
  private var state = ProgressState()
  private var logs: [CellID: StepLog] = [:]
  private var lastOutput: Timestamp?

  /// - Parameter isGitHub: whether to write the group and error commands of GitHub Actions (`GITHUB_ACTIONS` is set).
  package init(isGitHub: Bool = false) { self.isGitHub = isGitHub }

  /// The text for an event, mostly empty; complete lines.
  package mutating func render(_ event: BuildEvent, at time: Timestamp) -> String {
    state.apply(event, at: time)
    let lines = lines(for: event)
    if !lines.isEmpty || state.started == time { lastOutput = time }
    return lines.map { $0 + "\n" }.joined()
  }

  /// A sign of life when nothing was printed for a while and cells are running; call it every second or so.
  package mutating func tick(at time: Timestamp) -> String {
    let running = state.running
    guard let last = lastOutput, time - last >= Self.heartbeat, !running.isEmpty, let plan = state.plan else {
      return ""
    }
    lastOutput = time
    let done = state.ended.count
    let names = running.prefix(8).map { id in "\(id)" + (state.cells[id]?.step.map { " \($0.index)/\($0.total)" } ?? "")
    }
    let more = running.count > 8 ? ", …" : ""
    let elapsed = Format.duration(state.elapsed(at: time))
    return "[run ] \(elapsed)  \(done)/\(plan.cells.count) done, \(running.count) running: "
      + names.joined(separator: ", ") + more + "\n"
  }

  private mutating func lines(for event: BuildEvent) -> [String] {
    switch event {
    case .runStarted(let plan):
      let counts = plan.counts
      if counts.total == counts.unchanged { return [] }
      return [
        "[plan] \(Format.counted(counts.total, "unit")): \(counts.added) add, \(counts.changed) change, "
          + "\(counts.copied) copy, \(counts.unchanged) unchanged"
      ]
    case .stepStarted(let id, let step): logs[id, default: StepLog()].start(step)
    case .output(let id, let bytes): logs[id, default: StepLog()].append(bytes)
    case .stepFinished(let id, let index, let isCached, let duration):
      logs[id]?.finish(index: index, isCached: isCached, duration: duration)
    case .cellFinished(let id, let result): return block(id, result)
    case .warning(let text): return Printable.lines(text)
    case .runFinished(let result): return summary(result)
    case .cellStarted, .transfer: break
    }
    return []
  }

  private mutating func block(_ id: CellID, _ result: CellResult) -> [String] {
    let log = logs.removeValue(forKey: id)?.lines() ?? []
    if result.outcome == .upToDate { return [] }
    let title = "\(id)  \(Printable.text(result.line.utf8))"
    var lines = log.isEmpty ? [title] : (isGitHub ? ["::group::" + title] + log + ["::endgroup::"] : [title] + log)
    if isGitHub, case .failed(let failure) = result.outcome { lines.append(Self.annotation(id, failure)) }
    return lines
  }

  private func summary(_ result: RunResult) -> [String] {
    Summary(state: state, result: result).lines(isColored: false)
  }

  /// The workflow command that marks the line of a file; see
  /// [workflow commands](https://docs.github.com/actions/reference/workflow-commands-for-github-actions#setting-an-error-message).
  private static func annotation(_ id: CellID, _ failure: CellFailure) -> String {
    var properties: [String] = []
    if let file = failure.file { properties.append("file=" + escaped(file, isProperty: true)) }
    if let line = failure.line { properties.append("line=\(line)") }
    properties.append("title=" + escaped("\(id) failed", isProperty: true))
    return "::error \(properties.joined(separator: ","))::\(escaped(failure.what, isProperty: false))"
  }

  private static func escaped(_ text: String, isProperty: Bool) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "%": result += "%25"
      case "\r": result += "%0D"
      case "\n": result += "%0A"
      case ":" where isProperty: result += "%3A"
      case "," where isProperty: result += "%2C"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
