import Glibc
import Linux
import Synchronization
import SystemPackage

/// What SIGINT and SIGTERM do: the first cancels the command, so that everything is cleaned up, the second ends at once.
enum Interruption {
  /// Where the signal handler writes and who waits reads; set once, before the handlers are installed.
  private static let readEnd = Atomic<Int32>(-1)
  private static let writeEnd = Atomic<Int32>(-1)
  private static let count = Atomic<Int>(0)

  private enum Event {
    case ended(ExitStatus)
    case signalled
  }

  /// Installs the handlers. Handlers rather than ignored or blocked signals, because those two are inherited by children.
  static func prepare() {
    var pair: [Int32] = [-1, -1]
    guard pipe(&pair) == 0 else { return }
    for end in pair { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    readEnd.store(pair[0], ordering: .relaxed)
    writeEnd.store(pair[1], ordering: .releasing)
    for number in [SIGINT, SIGTERM] {
      signal(number) { _ in
        if Interruption.count.add(1, ordering: .relaxed).oldValue > 0 { _exit(ExitStatus.interrupted.rawValue) }
        var byte: UInt8 = 1
        _ = Glibc.write(Interruption.writeEnd.load(ordering: .acquiring), &byte, 1)
      }
    }
    signal(SIGPIPE) { _ in }
  }

  /// Runs `body`, cancelled by the first signal, and ends the process with its status.
  static func cancelling(_ body: @escaping @Sendable () async -> ExitStatus) async -> Never {
    await withTaskGroup(of: Event.self) { group in
      group.addTask { .ended(await body()) }
      group.addTask {
        await waitForSignal()
        return .signalled
      }
      for await event in group {
        switch event {
        case .ended(let status): Output.exit(count.load(ordering: .relaxed) > 0 ? .interrupted : status)
        case .signalled:
          Output.talk("\ninterrupted, cleaning up (once more to end at once)\n")
          group.cancelAll()
        }
      }
    }
    Output.exit(.interrupted)
  }

  /// Blocks a thread of the pool, which ends with the process.
  private static func waitForSignal() async {
    _ = try? await BlockingPool.shared.run {
      var byte: UInt8 = 0
      while Glibc.read(readEnd.load(ordering: .relaxed), &byte, 1) < 0, errno == EINTR {}
    }
  }
}
