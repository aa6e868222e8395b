import CLinux
import SystemPackage

extension IsolatedProgram {
  /// Where a piece of output came from.
  package enum Stream: Sendable {
    case standardOutput, standardError
  }

  /// Runs the program with `/dev/null` as input and hands on its output as it comes, at most 64 KiB a call.
  ///
  /// `output` is called on the pool's thread, never twice at a time. Cancelling the task kills every process.
  /// - Parameter merged: both streams come through one pipe, in the order they were written, as standard output.
  /// - Returns: the exit status, 128 + number for a program that a signal ended.
  /// - Throws: `LaunchError` when a namespace, an action or the program could not be set up, `CancellationError`.
  package func run(
    merged: Bool = false, output: @escaping @Sendable (Stream, ArraySlice<UInt8>) -> Void
  ) async throws -> CInt {
    let wakeUp = try WakeUp()
    return try await withTaskCancellationHandler {
      try await BlockingPool.shared.run { try run(merged: merged, wakeUp: wakeUp, output: output) }
    } onCancel: {
      wakeUp.signal()
    }
  }

  private func run(
    merged: Bool, wakeUp: WakeUp, output: (Stream, ArraySlice<UInt8>) -> Void
  ) throws -> CInt {
    let input = try FileDescriptor.open("/dev/null", .readOnly, options: [])
    defer { input.closeQuietly() }
    var standardOutput = try Pipe()
    var standardError = try Pipe()
    let launched = try launch(
      input: input.rawValue, output: standardOutput.writer, error: merged ? standardOutput.writer : standardError.writer
    )
    defer {
      _ = cl_close(launched.process_descriptor)
      _ = cl_close(launched.failure_descriptor)
    }
    standardOutput.closeWriter()
    standardError.closeWriter()
    let drained = Result { try drain(standardOutput, standardError, wakeUp: wakeUp, output: output) }
    if case .failure = drained { _ = cl_kill_launched(launched.process_descriptor) }
    let status = try check(cl_wait_launched(launched.process_descriptor))
    try drained.get()
    if let failure = try launchFailure(launched.failure_descriptor) { throw failure }
    return status
  }

  /// Passes output on until both pipes are closed, which the death of the init guarantees.
  private func drain(
    _ standardOutput: borrowing Pipe, _ standardError: borrowing Pipe, wakeUp: WakeUp,
    output: (Stream, ArraySlice<UInt8>) -> Void
  ) throws {
    var open: [(stream: Stream, descriptor: CInt)] = [
      (.standardOutput, standardOutput.reader), (.standardError, standardError.reader),
    ]
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while !open.isEmpty {
      var ready: UInt32 = 0
      let descriptors = [wakeUp.descriptor] + open.map(\.descriptor)
      try check(cl_poll_readable(descriptors, CInt(descriptors.count), -1, &ready))
      if ready & 1 != 0 { throw CancellationError() }
      var closed: [CInt] = []
      for (index, source) in open.enumerated() where ready & (2 << UInt32(index)) != 0 {
        let count = try check(cl_read(source.descriptor, &buffer, buffer.count))
        if count == 0 { closed.append(source.descriptor) } else { output(source.stream, buffer[..<Int(count)]) }
      }
      open.removeAll { closed.contains($0.descriptor) }
    }
  }

  private func launch(input: CInt, output: CInt, error: CInt) throws(LaunchError) -> cl_launched {
    let memory = ForeignMemory()
    let native = (actions + innerActions).map { $0.native(in: memory) }
    let pointer = memory.array(native)
    var request = cl_launch()
    request.actions = UnsafePointer(pointer)
    request.action_count = CInt(native.count)
    request.inner_from = userMapping == nil ? -1 : CInt(actions.count)
    request.uid_map = memory.string(Array((userMapping?.uidMap ?? "").utf8))
    request.gid_map = memory.string(Array((userMapping?.gidMap ?? "").utf8))
    request.argv = memory.strings(arguments)
    request.envp = memory.strings(environment)
    request.standard_input = input
    request.standard_output = output
    request.standard_error = error
    var launched = cl_launched()
    // `run` calls this on a thread of the pool, which lives as long as the process: see the parent-death signal.
    let result = withExtendedLifetime(memory) { cl_launch(&request, &launched) }
    guard result == 0 else { throw LaunchError(action: "create namespaces", errno: Errno(rawValue: -result)) }
    return launched
  }

  /// What the child reported before it gave up; nil when the program was started.
  private func launchFailure(_ descriptor: CInt) throws(Errno) -> LaunchError? {
    var failure = cl_launch_failure()
    let size = MemoryLayout<cl_launch_failure>.size
    guard try check(cl_read(descriptor, &failure, size)) == size else { return nil }
    let all = actions + innerActions
    let action =
      switch Int(failure.action) {
      case let index where all.indices.contains(index): all[index].description
      case all.count: "execute '\(String(decoding: arguments[0], as: UTF8.self))'"
      case -2: "make mounts private"
      case -3: "create a user namespace"
      default: "prepare the process"
      }
    return LaunchError(action: action, errno: Errno(rawValue: failure.error))
  }
}

/// A pipe whose ends are closed at the latest when the value goes away.
private struct Pipe: ~Copyable {
  let reader: CInt
  private(set) var writer: CInt

  init() throws(Errno) {
    var ends: (CInt, CInt) = (-1, -1)
    try check(withUnsafeMutableBytes(of: &ends) { cl_pipe($0.baseAddress?.assumingMemoryBound(to: CInt.self)) })
    (reader, writer) = ends
  }

  deinit {
    _ = cl_close(reader)
    if writer >= 0 { _ = cl_close(writer) }
  }

  mutating func closeWriter() {
    _ = cl_close(writer)
    writer = -1
  }
}

/// An event that a `poll(2)` can wait for.
final class WakeUp: Sendable {
  let descriptor: CInt

  init() throws(Errno) { descriptor = try check(cl_eventfd()) }

  deinit { _ = cl_close(descriptor) }

  func signal() {
    var one: UInt64 = 1
    _ = cl_write(descriptor, &one, MemoryLayout<UInt64>.size)
  }
}
