import Linux
import Subprocess
import SystemPackage
import TestSupport
import Testing

@Suite("interruption", .serialized) struct InterruptionTests {
  /// Steps that take their time, and a text that only their processes have.
  static let places = ["run", "script"]

  @Test("SIGINT ends everything at once and cleanly, SIGKILL leaves nothing running", arguments: places, [true, false])
  func signals(place: String, isInterrupt: Bool) async throws {
    try await withProgram { program, directory in
      let mark = "\(Int.random(in: 100_000...999_999))"
      let set = try await SetFixture.standard(directory.appending("set"), architectures: ["amd64"])
      if place == "run" {
        try set.write(
          "slow/Dockerfile",
          "ARG REGISTRY\nARG OCP_TAG\nFROM $REGISTRY/base-image:$OCP_TAG\nRUN echo started; /bin/busybox sleep \(mark)\n"
        )
      } else {
        try set.write("slow/Dockerfile", "FROM scratch\nCOPY bin/x /x\n")
        try set.writeScript("slow/build_binaries", "echo started\nsleep \(mark)\n")
      }
      let status = try await Subprocess.run(
        .path(Program.path), arguments: ["build", "-C", set.path.string, "--arch", "amd64", "--progress", "plain"],
        environment: .custom(program.variables()), input: .none, output: .discarded, error: .discarded
      ) { execution in
        try await waitFor { try await Self.processes(mark) > 0 }
        try execution.send(signal: isInterrupt ? .interrupt : .kill)
      }.terminationStatus
      if isInterrupt { #expect(status == .exited(130)) }
      if isInterrupt || place == "run" {
        try await waitFor { try await Self.processes(mark) == 0 }
      } else {
        // A script that runs on the host survives the death of its parent; it is not the machine's business.
        _ = try? await Tool.run("pkill", ["-f", "sleep \(mark)"])
      }
      let mounts = try await Tool.run("cat", ["/proc/self/mounts"])
      #expect(!mounts.contains(program.store.string))
      let left = try await Tool.run("sh", ["-c", "ls -A \(program.store)/ingest"])
      #expect(left.isEmpty, "\(left)")
      if place == "run" {
        try set.write("slow/Dockerfile", "ARG REGISTRY\nARG OCP_TAG\nFROM $REGISTRY/base-image:$OCP_TAG\nRUN true\n")
      } else {
        try set.writeScript("slow/build_binaries", "mkdir -p bin\necho x >bin/x\n")
      }
      let next = try await program.build(set, "--arch", "amd64")
      #expect(next.status == 0, "\(next.errors)")
      try await Schemas.check(program.store)
    }
  }

  /// How many processes sleep for so long.
  private static func processes(_ mark: String) async throws -> Int {
    let list = try await Tool.run("sh", ["-c", "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '; true"])
    return list.split(separator: "sleep \(mark)", omittingEmptySubsequences: false).count - 1
  }

  private func waitFor(_ condition: () async throws -> Bool) async throws {
    for _ in 0..<600 {
      if try await condition() { return }
      try await Task.sleep(for: .milliseconds(50))
    }
    Issue.record("waited 30 seconds in vain")
  }
}
