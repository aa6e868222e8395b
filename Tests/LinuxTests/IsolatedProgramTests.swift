import Linux
import Synchronization
import SystemPackage
import Testing

/// Programs in namespaces need root (of some user namespace) and Debian's static busybox.
@Suite("isolated programs", .enabled(if: Machine.effectiveUser == 0, "needs root"))
struct IsolatedProgramTests {
  private func shell(_ script: String, actions: [NamespaceAction] = [], mapping: UserMapping? = nil) -> IsolatedProgram
  {
    IsolatedProgram(
      actions: actions, userMapping: mapping, arguments: ["/bin/sh", "-c", script].map { Array($0.utf8) },
      environment: [Array("PATH=/usr/bin:/bin".utf8)])
  }

  private func output(of program: IsolatedProgram) async throws -> (status: CInt, text: String, errors: String) {
    let collected = Mutex<(out: [UInt8], err: [UInt8])>(([], []))
    let status = try await program.run { stream, bytes in
      collected.withLock {
        if stream == .standardOutput { $0.out += bytes } else { $0.err += bytes }
      }
    }
    return collected.withLock {
      (status, String(decoding: $0.out, as: UTF8.self), String(decoding: $0.err, as: UTF8.self))
    }
  }

  @Test("output of both streams and the exit status come back")
  func outputAndStatus() async throws {
    let result = try await output(of: shell("echo out; echo err >&2; exit 7"))
    #expect(result.status == 7)
    #expect(result.text == "out\n")
    #expect(result.errors == "err\n")
  }

  @Test("a program that a signal ends has status 128 + signal")
  func signalled() async throws {
    #expect(try await output(of: shell("kill -TERM $$")).status == 143)
  }

  @Test("large output arrives whole")
  func largeOutput() async throws {
    let result = try await output(of: shell("head -c 3000000 /dev/zero | tr '\\0' x"))
    #expect(result.text.utf8.count == 3_000_000)
  }

  @Test("the environment is the given one only, no descriptor is inherited, signals are at their defaults")
  func cleanProcess() async throws {
    let result = try await output(
      of: shell(
        "env | grep -v -e ^PWD= -e ^SHLVL= -e ^_=; ls /proc/self/fd | wc -l; grep SigBlk /proc/self/status",
        actions: [.mount(type: "proc", target: "/proc", options: "")]))
    // 0, 1, 2 and the directory that ls reads
    #expect(result.text == "PATH=/usr/bin:/bin\n4\nSigBlk:\t0000000000000000\n")
  }

  @Test("an action that fails is named with its error")
  func failingAction() async throws {
    let program = shell("true", actions: [.mount(type: "tmpfs", target: "/does/not/exist", options: "")])
    await #expect(throws: LaunchError(action: "mount tmpfs on '/does/not/exist'", errno: .noSuchFileOrDirectory)) {
      try await program.run { _, _ in }
    }
  }

  @Test("a program that is not there is named")
  func missingProgram() async throws {
    let program = IsolatedProgram(actions: [], arguments: [Array("/no/such/program".utf8)], environment: [])
    await #expect(throws: LaunchError(action: "execute '/no/such/program'", errno: .noSuchFileOrDirectory)) {
      try await program.run { _, _ in }
    }
  }

  @Test("an inner user namespace maps root, and its failure is told")
  func userNamespace() async throws {
    let mapping = UserMapping(uidMap: "0 0 1\n", gidMap: "0 0 1\n")
    let proc = NamespaceAction.mount(type: "proc", target: "/proc", options: "")
    let result = try await output(of: shell("id -u; cat /proc/self/uid_map", actions: [proc], mapping: mapping))
    #expect(result.text.split(whereSeparator: \.isWhitespace) == ["0", "0", "0", "1"])
    let wrong = shell("true", actions: [proc], mapping: UserMapping(uidMap: "nonsense\n", gidMap: "0 0 1\n"))
    await #expect(throws: LaunchError(action: "create a user namespace", errno: .invalidArgument)) {
      try await wrong.run { _, _ in }
    }
  }

  @Test("an overlay is seen inside only, and its changes are in the upper directory")
  func overlay() async throws {
    try await withTemporaryDirectory { path, directory in
      for name in ["low, er", "upper", "work", "merged"] { try directory.makeDirectory(name) }
      let lower = try directory.directory("low, er")
      let file = try lower.file("old", .writeOnly, options: [.create])
      try file.writeFully(Array("old".utf8))
      try file.close()
      let merged = path.appending("merged")
      let program = shell(
        "cat \(merged)/old; echo new > \(merged)/new; rm \(merged)/old",
        actions: [
          .overlay(
            lowers: [path.appending("low, er")],
            upper: .init(upper: path.appending("upper"), work: path.appending("work")),
            target: merged, userAttributes: false)
        ])
      #expect(try await output(of: program).text == "old")
      let upper = try directory.directory("upper")
      #expect(try upper.entries().map { String(decoding: $0.name, as: UTF8.self) } == ["new", "old"])
      #expect(try upper.status(ofName: "old").isOverlayWhiteout)
      #expect(try directory.directory("merged").entries().isEmpty)
    }
  }

  @Test("in a user namespace an overlay keeps its marks in user attributes")
  func overlayInUserNamespace() async throws {
    try await withTemporaryDirectory { path, directory in
      for name in ["lower", "upper", "work", "merged"] { try directory.makeDirectory(name) }
      _ = try directory.directory("lower").ensureDirectory("d").ensureDirectory("below")
      let merged = path.appending("merged")
      let program = IsolatedProgram(
        actions: [.mount(type: "proc", target: "/proc", options: "")],
        userMapping: UserMapping(uidMap: "0 0 1\n", gidMap: "0 0 1\n"),
        innerActions: [
          .overlay(
            lowers: [path.appending("lower")],
            upper: .init(upper: path.appending("upper"), work: path.appending("work")), target: merged,
            userAttributes: true)
        ],
        arguments: ["/bin/sh", "-c", "rm -r \(merged)/d && mkdir \(merged)/d && ls \(merged)/d"].map { Array($0.utf8) },
        environment: [])
      let result = try await output(of: program)
      #expect([result.text, result.errors] == ["", ""])
      let marks = try directory.directory("upper").extendedAttributes(ofName: "d")
      #expect(marks.contains(ExtendedAttribute(name: Array("user.overlay.opaque".utf8), value: [0x79])))
    }
  }

  @Test("cancelling kills the program and everything it started")
  func cancellation() async throws {
    let started = AsyncStream.makeStream(of: Void.self)
    let program = shell("(sleep 1000 &) ; echo ready; sleep 1000")
    await withThrowingTaskGroup(of: CInt.self) { group in
      group.addTask { try await program.run { _, _ in started.continuation.yield() } }
      for await _ in started.stream { break }
      group.cancelAll()
      await #expect(throws: CancellationError.self) { try await group.next() }
    }
  }
}
