import Linux
import Subprocess
import SystemPackage
import TestSupport
import Testing

@Suite("interruption", .serialized) struct InterruptionTests {
  /// Where the run is when the signal comes.
  enum Place: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case run = "RUN"
    case emulatedRun = "RUN under emulation"
    case script = "build_binaries"

    var testDescription: String { rawValue }
    var architecture: String { self == .emulatedRun ? "arm64" : "amd64" }

    /// Makes the component `slow` sleep for so many seconds, in a process and in a child in the background.
    func slowDown(_ set: SetFixture, seconds: String) throws {
      if self == .script {
        try set.write("slow/Dockerfile", "FROM scratch\nCOPY bin/x /x\n")
        try set.writeScript(
          "slow/build_binaries", "mkdir bin\nsleep \(seconds) &\necho half >bin/x\nsleep \(seconds)\n")
      } else {
        try set.write(
          "slow/Dockerfile", SetFixture.onBase + "RUN /bin/busybox sleep \(seconds) & /bin/busybox sleep \(seconds)\n")
      }
    }

    /// Makes the component quick and good.
    func repair(_ set: SetFixture) throws {
      if self == .script {
        try set.writeScript("slow/build_binaries", "mkdir bin\necho whole >bin/x\n")
      } else {
        try set.write("slow/Dockerfile", SetFixture.onBase + "RUN echo whole >/x\n")
      }
    }
  }

  @Test(
    "a signal ends everything, leaves nothing, and the next build works", arguments: Place.allCases,
    ["INT", "TERM", "KILL"])
  func signals(place: Place, name: String) async throws {
    try await withProgram { program, directory in
      let signal: Signal = ["INT": .interrupt, "TERM": .terminate][name] ?? .kill
      let seconds = "\(Int.random(in: 100_000...999_999))"
      let traces = Traces(mark: "sleep \(seconds)", store: program.store)
      let set = try await SetFixture.standard(directory.appending("set"), architectures: [place.architecture])
      try place.slowDown(set, seconds: seconds)
      let arguments = ["build", "-C", set.path.string, "--arch", place.architecture, "--progress", "plain"]
      let status = try await Subprocess.run(
        .path(Program.path), arguments: Arguments(arguments), environment: .custom(program.variables()), input: .none,
        output: .discarded, error: .discarded
      ) { execution in
        try await waitUntil("both processes of the step run") { try await traces.processes() >= 2 }
        try execution.send(signal: signal)
      }.terminationStatus
      #expect(status == (signal == .kill ? .signaled(signal.rawValue) : .exited(130)))
      try await traces.expectNone()

      try place.repair(set)
      let next = try await program.run(arguments)
      #expect(next.status == 0, "\(next.errors)")
      #expect(next.digests["slow"] != nil)
      try await Schemas.check(program.store)
    }
  }
}
