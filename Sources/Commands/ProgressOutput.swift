import Glibc
import Progress
import Synchronization

/// Shows the events of a run on standard error, in one of the renderings, as they come.
final class ProgressOutput: Sendable {
  private enum Renderer {
    case plain(PlainRenderer)
    case terminal(TerminalRenderer)
    case json(JSONRenderer)
    case quiet(ProgressState)
  }

  private let renderer: Mutex<Renderer>

  init(_ mode: ProgressMode, environment: [String: String]) {
    let terminal = Terminal.standardError
    let isInteractive = terminal != nil && environment["CI"] == nil
    let chosen: Renderer =
      switch mode {
      case .rawjson: .json(JSONRenderer())
      case .quiet: .quiet(ProgressState())
      case .tty: .terminal(TerminalRenderer(isColored: terminal?.isColored ?? false))
      case .auto where isInteractive: .terminal(TerminalRenderer(isColored: terminal?.isColored ?? false))
      case .auto, .plain: .plain(PlainRenderer(isGitHub: environment["GITHUB_ACTIONS"] == "true"))
      }
    renderer = Mutex(chosen)
  }

  /// Takes an event from any task.
  var send: @Sendable (BuildEvent) -> Void { { self.take($0) } }

  /// Prints the plan in front of the events.
  func show(_ table: PlanTable) {
    renderer.withLock { renderer in
      switch renderer {
      case .plain, .terminal:
        let terminal = Terminal.standardError
        Output.talk(table.rendered(width: terminal?.width, isColored: terminal?.isColored ?? false) + "\n")
      case .json, .quiet: break
      }
    }
  }

  /// Runs `body` and redraws meanwhile what changes with time alone.
  func following<R: Sendable>(_ body: @escaping @Sendable (ProgressOutput) async throws -> R) async throws -> R {
    try await withThrowingTaskGroup(of: R?.self) { group in
      group.addTask { try await body(self) }
      group.addTask {
        while !Task.isCancelled {
          try? await Task.sleep(for: .milliseconds(self.interval))
          self.tick()
        }
        return nil
      }
      defer { group.cancelAll() }
      while let result = try await group.next() {
        if let result { return result }
      }
      throw CancellationError()
    }
  }

  private var interval: Int { renderer.withLock { if case .terminal = $0 { 120 } else { 1000 } } }

  private func take(_ event: BuildEvent) {
    let now = Self.now
    renderer.withLock { renderer in
      switch renderer {
      case .plain(var plain):
        Output.talk(plain.render(event, at: now))
        renderer = .plain(plain)
      case .terminal(var terminal):
        terminal.apply(event, at: now)
        if case .warning(let text) = event {
          Output.talk(terminal.finish())
          Self.talk(warning: text)
        }
        if case .runFinished(let result) = event {
          let summary = Summary(state: terminal.state, result: result)
          Output.talk(terminal.finish() + summary.rendered(isColored: Terminal.standardError?.isColored ?? false))
        }
        renderer = .terminal(terminal)
      case .json(var json):
        if let line = try? json.render(event, at: now) { Output.talk(String(decoding: line, as: UTF8.self)) }
        renderer = .json(json)
      case .quiet(var state):
        state.apply(event, at: now)
        if case .warning(let text) = event { Self.talk(warning: text) }
        if case .runFinished(let result) = event, !state.failures.isEmpty {
          Output.talk(Summary(state: state, result: result).rendered())
        }
        renderer = .quiet(state)
      }
    }
  }

  private static func talk(warning: String) {
    Output.talk(Printable.lines(warning).map { $0 + "\n" }.joined())
  }

  private func tick() {
    let now = Self.now
    renderer.withLock { renderer in
      switch renderer {
      case .plain(var plain):
        Output.talk(plain.tick(at: now))
        renderer = .plain(plain)
      case .terminal(var terminal):
        if terminal.state.plan != nil, terminal.state.result == nil, let size = Terminal.standardError {
          Output.talk(terminal.frame(at: now, width: size.width, height: size.height))
        }
        renderer = .terminal(terminal)
      case .json, .quiet: break
      }
    }
  }

  private static var now: Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
  }
}
