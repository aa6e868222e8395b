import Content
import Layers
import Linux
import OCI
import Snapshots
import SystemPackage
import Testing

@testable import Execution

/// Unpacking below a RUN gives files to their owners, which only root can.
@Suite("commands of cells, without containers", .enabled(if: Machine.effectiveUser == 0, "needs root"))
struct CellRunTests {
  @Test("what a command changes becomes a layer; the request has all that the instruction says")
  func run() async throws {
    try await withWorkbench { bench in
      try bench.context.write("x", to: "f")
      bench.runner.onRun { _, upper in try upper.write("made", to: "out/file", mode: 0o600) }
      let result = try await bench.build(
        """
        FROM scratch
        COPY f /below
        ARG A=1
        ENV E=2
        USER 7
        WORKDIR /w
        RUN --network=none make it
        """)
      #expect(try result.files()["out/file"] == "made")
      #expect(result.modes.contains("out/file 600 0:0"))
      let request = try #require(bench.runner.requests.first)
      #expect(request.arguments == ["/bin/sh", "-c", "make it"])
      #expect(request.environment.suffix(2) == ["E=2", "A=1"])
      #expect(request.user == "7")
      #expect(request.workingDirectory == "/w")
      #expect(request.network == .none)
      #expect(request.lowers.count == 2)
      #expect(result.image.config.history?.last?.createdBy == "RUN |1 A=1 /bin/sh -c make it")
      let output = result.events.compactMap { event in
        if case .output(_, let bytes) = event { String(decoding: bytes, as: UTF8.self) } else { nil }
      }
      #expect(output == ["ran\n"])
    }
  }

  @Test("a command that changes nothing makes no layer, and is not run again")
  func nothing() async throws {
    try await withWorkbench { bench in
      let text = "FROM scratch\nRUN true"
      let first = try await bench.build(text)
      #expect(first.image.layers.isEmpty)
      #expect(first.image.config.history?.last?.emptyLayer == true)
      let second = try await bench.build(text)
      #expect(second.cached == [true])
      #expect(second.image == first.image)
      #expect(bench.runner.requests.count == 1)
    }
  }

  @Test("equal layers of a stack are one directory of the overlay, the topmost")
  func equalLayers() async throws {
    try await withWorkbench { bench in
      try bench.context.write("same", to: "a")
      try bench.context.write("other", to: "b")
      _ = try await bench.build("FROM scratch\nCOPY a /x\nCOPY b /x\nCOPY a /x\nRUN cat /x")
      let lowers = try #require(bench.runner.requests.last?.lowers)
      #expect(lowers.count == 2 && Set(lowers).count == 2)
      let top = try Directory(at: lowers[1])
      #expect(try top.status(of: Array("x".utf8), .beneath, followLast: false)?.size == 4)
    }
  }

  @Test("a command that fails names its line and leaves nothing behind")
  func failure() async throws {
    struct Boom: Error {}
    try await withWorkbench { bench in
      bench.runner.onRun { _, upper in
        try upper.write("half", to: "x")
        throw Boom()
      }
      let error = await #expect(throws: StepError.self) { _ = try await bench.build("FROM scratch\nRUN a\nRUN b") }
      #expect(error?.underlying is Boom)
      #expect(error?.range.start.line == 2)
      let left = try Directory(at: bench.root.appending("snapshots")).entries().map(\.name)
      #expect(!left.contains { $0.starts(with: ".tmp-".utf8) || $0.count == 64 })
      bench.runner.onRun { _, upper in try upper.write("whole", to: "x") }
      #expect(try await bench.build("FROM scratch\nRUN a").files() == ["x": "whole"])
    }
  }

  @Test("mounts of the context, of stages and of files in the Dockerfile reach the command")
  func mounts() async throws {
    try await withWorkbench { bench in
      try bench.context.write("x", to: "dir/f")
      _ = try await bench.build(
        """
        FROM scratch AS one
        COPY dir /d
        FROM scratch
        RUN --mount=from=one,source=/d,target=/from --mount=target=/ctx,source=dir --mount=type=cache,target=/c,id=k \
          --mount=type=tmpfs,target=/t true
        """)
      let mounts = try #require(bench.runner.requests.last).mounts
      #expect(mounts.map(\.target) == ["/from", "/ctx", "/c", "/t"])
      guard case .stage(let lowers, let path, let writable) = mounts[0].kind else {
        Issue.record("a mount of a stage")
        return
      }
      #expect(lowers.count == 1 && String(decoding: path, as: UTF8.self) == "/d" && !writable)
      guard case .bind(let source, false, _) = mounts[1].kind else {
        Issue.record("a mount of the context")
        return
      }
      #expect(source == bench.root.appending("context").appending("dir"))
    }
  }

  @Test("a changed file in a mount of the context runs the command again, one beside it does not")
  func mountInputs() async throws {
    try await withWorkbench { bench in
      try bench.context.write("1", to: "dir/f")
      try bench.context.write("1", to: "other")
      let text = "FROM scratch\nRUN --mount=target=/ctx,source=dir true"
      _ = try await bench.build(text)
      try bench.context.write("2", to: "other")
      #expect(try await bench.build(text).cached == [true])
      try bench.context.remove("dir/f")
      try bench.context.write("2", to: "dir/f")
      #expect(try await bench.build(text).cached == [false])
    }
  }

  @Test("a foreign platform's command has the emulator among its inputs; a copy has not")
  func emulated() async throws {
    try await withWorkbench { bench in
      var options = Workbench.Options()
      options.platform = Platform(architecture: Architecture.host == "riscv64" ? "amd64" : "riscv64")
      try bench.context.write("x", to: "f")
      let result = try await bench.build("FROM scratch\nCOPY f /\nRUN true", options)
      #expect(result.image.config.platform == options.platform)
      let records = try (1...2).map { number in
        try #require(try bench.store.records.lastStep(named: "test app/\(options.platform.shortName) 0 \(number)"))
      }
      #expect(!records[0].inputs.contains("emulator"))
      #expect(records[1].inputs.contains("emulator"))
    }
  }
}
