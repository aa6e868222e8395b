import Linux
import OCI
import SystemPackage
import Testing

@testable import Execution

@Suite("RUN in containers", .enabled(if: Machine.effectiveUser == 0, "needs root"))
struct RuntimeRunTests {
  @Test("a step sees the image, and its changes come back without stubs")
  func changes() async throws {
    try await withLaboratory { lab async throws in
      let (output, change) = try await lab.run(lab.request("mkdir /new; echo hello > /new/file; echo done; ls /"))
      #expect(output == "done\nbin\ndev\netc\nnew\nproc\nsys\n")
      #expect(try listing(change.snapshot.files) == ["new", "new/file"])
      try change.snapshot.discard()
      #expect(try listing(lab.directory.directory("snapshots")).isEmpty)
    }
  }

  @Test("a failing command tells its status and leaves nothing", arguments: [1, 7, 127, 125])
  func failure(status: CInt) async throws {
    try await withLaboratory { lab async throws in
      await #expect(throws: RunError.exited(status: status)) { try await lab.run(lab.request("exit \(status)")) }
      #expect(try listing(lab.directory.directory("snapshots")).isEmpty)
    }
  }

  @Test("a signal is told as 128 + number")
  func signalled() async throws {
    try await withLaboratory { lab async throws in
      await #expect(throws: RunError.exited(status: 137)) {
        try await lab.run(lab.request("sh -c 'kill -9 $$'; exit $?"))
      }
    }
  }

  @Test("a program that the image lacks is not started, and is named")
  func missingProgram() async throws {
    try await withLaboratory { lab async throws in
      var request = lab.request("")
      request.arguments = ["/bin/missing"]
      let error = await #expect(throws: RunError.self) { try await lab.run(request) }
      guard case .notStarted(let reason) = error else {
        Issue.record("unexpected \(String(describing: error))")
        return
      }
      #expect(reason.contains("/bin/missing"))
    }
  }

  @Test("standard error comes in order with standard output")
  func order() async throws {
    try await withLaboratory { lab async throws in
      #expect(try await lab.output("for i in 1 2 3; do echo o$i; echo e$i >&2; done") == "o1\ne1\no2\ne2\no3\ne3\n")
    }
  }

  @Test(
    "users are resolved in the image",
    arguments: [
      ("", "uid=0(root) gid=0(root)", "/root"),
      ("builder", "uid=1000(builder) gid=1000(builder) groups=2000(extra)", "/home/builder"),
      ("1000", "uid=1000(builder) gid=1000(builder) groups=2000(extra)", "/home/builder"),
      ("builder:extra", "uid=1000(builder) gid=2000(extra)", "/home/builder"),
      ("4711:12", "uid=4711 gid=12", "/"),
      ("4711", "uid=4711 gid=0(root)", "/"),
    ])
  func users(user: String, identity: String, home: String) async throws {
    try await withLaboratory { lab async throws in
      var request = lab.request("id; echo $HOME; grep CapEff /proc/self/status")
      request.user = user
      let lines = try await lab.output(request).split(separator: "\n")
      #expect(lines[0].replacing("groups=1000(builder),", with: "groups=") == identity)
      #expect(lines[1] == home)
      #expect(lines[2].hasSuffix("0000000000000000") == (user != ""))
    }
  }

  @Test("an unknown user is an error before anything runs")
  func unknownUser() async throws {
    try await withLaboratory { lab async throws in
      var request = lab.request("true")
      request.user = "nobody-here"
      await #expect(throws: RunError.invalidRequest(reason: "the image has no user 'nobody-here' in /etc/passwd")) {
        try await lab.run(request)
      }
    }
  }

  @Test("environment and working directory")
  func environment() async throws {
    try await withLaboratory { lab async throws in
      var request = lab.request("pwd; env")
      request.environment = ["A=1 2", "PATH=/bin", "EMPTY="]
      request.workingDirectory = "/work/deep"
      let (output, change) = try await lab.run(request)
      let lines = output.split(separator: "\n").map(String.init)
      #expect(lines.first == "/work/deep")
      #expect(Set(lines).isSuperset(of: ["A=1 2", "PATH=/bin", "EMPTY=", "HOME=/root"]))
      #expect(try listing(change.snapshot.files).isEmpty)
      try change.snapshot.discard()
    }
  }

  @Test("without a network there is only a loopback interface")
  func network() async throws {
    try await withLaboratory { lab async throws in
      var request = lab.request("cat /proc/net/dev; ip addr show lo")
      request.network = .none
      let output = try await lab.output(request)
      #expect(output.split(separator: "\n").filter { $0.contains(":") && $0.contains(" 0 ") }.count == 1)
      #expect(output.contains("127.0.0.1"))
    }
  }

  @Test("name resolution is that of this machine, devices are there, /proc/sys is read-only")
  func standardFiles() async throws {
    try await withLaboratory { lab async throws in
      let output = try await lab.output(
        """
        cat /etc/resolv.conf; grep -c localhost /etc/hosts; echo x > /dev/null && echo null; \
        ls /dev/pts/ptmx /dev/shm -d; echo 1 > /proc/sys/vm/swappiness || echo refused; ls /sys/firmware | grep -c . || true
        """)
      let resolver = String(decoding: Machine.contents(of: "/etc/resolv.conf"), as: UTF8.self)
      #expect(output.hasPrefix(resolver))
      #expect(output.contains("null\n/dev/pts/ptmx\n/dev/shm\n"))
      #expect(output.contains("refused\n"))
      #expect(output.hasSuffix("0\n"))
    }
  }

  @Test("cancelling a step kills it and removes its files")
  func cancellation() async throws {
    try await withLaboratory { lab async throws in
      let started = AsyncStream.makeStream(of: Void.self)
      await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          _ = try await lab.runner.run(lab.request("echo ready; sleep 1000")) { _ in started.continuation.yield() }
        }
        for await _ in started.stream { break }
        group.cancelAll()
        await #expect(throws: CancellationError.self) { try await group.next() }
      }
      #expect(try listing(lab.directory.directory("snapshots")).isEmpty)
    }
  }

  @Test("system calls outside the profile fail, namespaces need privilege")
  func confinement() async throws {
    try await withLaboratory { lab async throws in
      let output = try await lab.output(
        "grep Seccomp: /proc/self/status; /bin/busybox mount -t tmpfs x /etc || echo refused")
      #expect(output.contains("Seccomp:\t2\n"))
      #expect(output.hasSuffix("refused\n"))
    }
  }
}
