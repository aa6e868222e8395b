import Glibc
import Subprocess
import SystemPackage

/// A program to be run to its end in a session of its own, without input, its two outputs merged.
struct ChildProcess {
  let executable: Executable
  let arguments: [String]
  /// The whole environment.
  let environment: [String: String]
  let directory: FilePath
  /// Whether its processes end even when this one is killed; costs the start of a shell.
  var isGuarded = false

  /// How a program ended.
  struct Exit {
    let status: TerminationStatus
    /// Its last lines, oldest first.
    let tail: [String]

    /// `exit status 2`, `killed by signal 9`.
    var text: String {
      switch status {
      case .exited(let code): "exit status \(code)"
      case .signaled(let signal): "killed by signal \(signal)"
      }
    }
  }

  /// Runs the program and hands out its output line by line.
  ///
  /// What the program started in its session is killed when it ends, or when the calling task is cancelled: a process
  /// left behind would go on writing into what the caller takes as finished.
  ///
  /// - Throws: `CancellationError`, or `SubprocessError` when the program cannot be started.
  func run(_ line: @escaping @Sendable ([UInt8]) -> Void) async throws -> Exit {
    var options = PlatformOptions()
    options.createSession = true
    options.teardownSequence = [.send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .zero)]
    let keys = environment.map { (Environment.Key(stringLiteral: $0.key), $0.value) }
    let result = try await Subprocess.run(
      executable, arguments: Arguments(arguments),
      environment: .custom(Dictionary(keys) { $1 }), workingDirectory: directory, platformOptions: options,
      input: .none, output: .sequence, error: .combinedWithOutput
    ) { execution in
      try await guarding(group: execution.processIdentifier.value) {
        var splitter = LineSplitter()
        for try await buffer in execution.standardOutput {
          buffer.withUnsafeBytes { splitter.append($0, line) }
        }
        splitter.finish(line)
        return splitter.tail
      }
    }
    // Nobody waits for what is left of the session. Its id cannot be another's while one of its processes lives, and is
    // not given out again so soon when none does.
    _ = kill(-result.processIdentifier.value, SIGKILL)
    // A cancelled run comes back as a run that a signal ended.
    try Task.checkCancellation()
    return Exit(status: result.terminationStatus, tail: result.closureResult)
  }

  /// Runs `body` while a shell waits to kill the group should this process die meanwhile, even by SIGKILL.
  ///
  /// The shell reads from a pipe that only this process could write to, so what it reads is the end of this process.
  private func guarding<R: Sendable>(group: pid_t, _ body: () async throws -> R) async throws -> R {
    guard isGuarded else { return try await body() }
    var options = PlatformOptions()
    // A signal of the terminal must not end the guard before those it guards.
    options.createSession = true
    let nothing: [Environment.Key: String] = [:]
    return try await Subprocess.run(
      .path("/bin/sh"), arguments: ["-c", "read -r _; kill -KILL -\(group)"], environment: .custom(nothing),
      workingDirectory: "/", platformOptions: options, input: .inputWriter, output: .discarded, error: .discarded
    ) { execution in
      defer { try? execution.send(signal: .kill) }
      return try await body()
    }.closureResult
  }
}
