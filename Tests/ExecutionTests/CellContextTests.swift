import Diagnostics
import Linux
import OCI
import Planning
import SystemPackage
import Testing

@testable import Execution

@Suite("contexts beside a component's own")
struct CellContextTests {
  /// Options with a context `other`, in a directory that `fill` fills.
  private func options(
    on bench: Workbench, _ fill: (Directory) throws -> Void
  ) throws -> Workbench.Options {
    let root = try Directory(at: bench.root)
    try fill(try root.ensureDirectory("other"))
    var options = Workbench.Options()
    options.contexts = ["other": .directory(bench.root.appending("other").string)]
    return options
  }

  @Test("COPY takes files of a directory, without those that its ignore file leaves out")
  func copy() async throws {
    try await withWorkbench { bench in
      try bench.context.write("main", to: "f")
      var options = try options(on: bench) { other in
        try other.write("other", to: "f")
        try other.write("x", to: "sub/hidden")
        try other.write("x", to: "sub/seen")
        try other.write("sub/hidden", to: ".dockerignore")
      }
      options.ignore = "sub"
      let text = "FROM scratch\nCOPY f /main\nCOPY --from=other f /other\nCOPY --from=OTHER sub /sub/"
      let result = try await bench.build(text, options)
      #expect(try result.files() == ["main": "main", "other": "other", "sub/": "", "sub/seen": "x"])
      #expect(try await bench.build(text, options).cached == [true, true, true])
      let other = try Directory(at: bench.root).directory("other")
      try other.remove("f")
      try other.write("changed", to: "f")
      #expect(try await bench.build(text, options).cached == [true, false, false])
    }
  }

  @Test("a stage starts from a directory, also in place of a stage of the file")
  func base() async throws {
    try await withWorkbench { bench in
      let options = try options(on: bench) { try $0.write("x", to: "a/b") }
      let text = "FROM scratch AS other\nCOPY missing /\nFROM other\nLABEL a=1\n"
      let result = try await bench.build(text, options)
      #expect(try result.files() == ["a/": "", "a/b": "x"])
      #expect(result.process.labels == ["a": "1"])
      #expect(result.process.env == ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"])
      #expect(try await bench.build(text, options).image == result.image)
    }
  }

  @Test("an image takes another's place")
  func image() async throws {
    try await withWorkbench { bench in
      try bench.context.write("x", to: "f")
      bench.images["quay.io/x/y:1"] = try await bench.build("FROM scratch\nCOPY f /from-image").image
      var options = Workbench.Options()
      options.contexts = ["docker.io/library/alpine:latest": .image(try Reference(parsing: "quay.io/x/y:1"))]
      #expect(try await bench.build("FROM alpine", options).files() == ["from-image": "x"])
    }
  }
}

@Suite("triggers of base images")
struct CellTriggerTests {
  @Test("a trigger takes files from a stage that nothing else needs, and from an image that the plan did not know")
  func sources() async throws {
    try await withWorkbench { bench in
      try bench.context.write("x", to: "f")
      bench.images["quay.io/x/late:1"] = try await bench.build("FROM scratch\nCOPY f /late").image
      bench.images["quay.io/x/base:1"] = try await bench.build(
        """
        FROM scratch
        ONBUILD ARG FROM=quay.io/x/late:1
        ONBUILD COPY --from=tools /tool /tool
        ONBUILD COPY --from=$FROM /late /late
        ONBUILD COPY f /context
        """
      ).image
      let result = try await bench.build(
        """
        FROM scratch AS first
        COPY f /first
        FROM first AS tools
        COPY f /tool
        FROM quay.io/x/base:1
        """)
      #expect(try result.files() == ["tool": "x", "late": "x", "context": "x"])
      #expect(result.process.onBuild == nil)
    }
  }

  @Test("a stage inherits the triggers of the stage that it is built on")
  func inherited() async throws {
    try await withWorkbench { bench in
      try bench.context.write("x", to: "f")
      let result = try await bench.build(
        """
        FROM scratch AS files
        COPY f /f
        FROM scratch AS base
        ONBUILD COPY --from=files /f /got
        FROM base AS middle
        COPY f /own
        FROM middle
        """)
      #expect(try result.files() == ["got": "x", "own": "x"])
    }
  }

  @Test("a trigger that cannot be carried out is an error that says so")
  func faults() async throws {
    try await withWorkbench { bench in
      for (trigger, text) in [
        ("COPY --from=9 /a /a", "invalid stage index 9"), ("COPY --from=later /a /a", "used before it is defined"),
        ("COPY --from=registry.example/set/app:1 /a /a", "which is not built before"),
      ] {
        bench.images["quay.io/x/base:1"] = try await bench.build("FROM scratch\nONBUILD \(trigger)").image
        let error = await #expect(throws: (any Error).self) {
          _ = try await bench.build("FROM quay.io/x/base:1 AS one\nFROM scratch AS later\nFROM one")
        }
        #expect("\(error.map { "\($0)" } ?? "")".contains(text), "\(String(describing: error))")
      }
    }
  }
}

@Suite("mounts of contexts", .enabled(if: Machine.effectiveUser == 0, "needs root"))
struct CellMountTests {
  @Test("a mount shows nothing that the ignore file leaves out, and a path that it leaves out is not there")
  func ignored() async throws {
    try await withWorkbench { bench in
      for path in ["dir/a", "dir/secret", "dir/sub/secret", "node/x", "node/keep"] {
        try bench.context.write("x", to: path)
      }
      var options = Workbench.Options()
      options.ignore = "**/secret\nnode\n!node/keep"
      _ = try await bench.build(
        "FROM scratch\nRUN --mount=target=/c true\nRUN --mount=target=/d,source=dir true", options)
      let hidden = bench.runner.requests.map { request -> [String] in
        guard case .bind(_, false, let hidden) = request.mounts[0].kind else { return ["no bind"] }
        return hidden.map(\.description).sorted()
      }
      // The ignore file of these builds is not in the directory itself.
      #expect(hidden == [["/dir/secret", "/dir/sub/secret", "/node/x"], ["/secret", "/sub/secret"]])
      let error = await #expect(throws: StepError.self) {
        _ = try await bench.build("FROM scratch\nRUN --mount=target=/c,source=dir/secret true", options)
      }
      #expect(error.map { "\($0.underlying)" }?.contains("secret") == true)
    }
  }

  @Test("a directory given under a name is mounted, and what is in it counts")
  func named() async throws {
    try await withWorkbench { bench in
      let other = try Directory(at: bench.root).ensureDirectory("other")
      try other.write("1", to: "f")
      var options = Workbench.Options()
      options.contexts = ["other": .directory(bench.root.appending("other").string)]
      let text = "FROM scratch\nRUN --mount=from=other,target=/o true"
      _ = try await bench.build(text, options)
      guard case .bind(let source, false, _)? = bench.runner.requests.first?.mounts.first?.kind else {
        Issue.record("a bind mount")
        return
      }
      #expect(source == bench.root.appending("other"))
      #expect(try await bench.build(text, options).cached == [true])
      try other.remove("f")
      try other.write("2", to: "f")
      #expect(try await bench.build(text, options).cached == [false])
    }
  }

  @Test("a secret is no input but by its name")
  func secretInputs() async throws {
    try await withWorkbench { bench in
      let text = "FROM scratch\nRUN --mount=type=secret,id=a,env=A --mount=type=secret,id=b true"
      var options = Workbench.Options()
      #expect(try await bench.build(text, options).cached == [false])
      #expect(bench.runner.requests.last?.mounts.isEmpty == true)
      options.grants = RunGrants(secrets: ["a": Secret(Array("x".utf8)), "b": Secret(Array("y".utf8))])
      #expect(try await bench.build(text, options).cached == [true])
      options.purpose = .rebuild
      _ = try await bench.build(text, options)
      let request = try #require(bench.runner.requests.last)
      #expect(request.environment.last == "A=x")
      #expect(request.mounts.map(\.target) == ["/run/secrets/b"])
      options.purpose = .build
      #expect(try await bench.build(text.replacing("id=b", with: "id=c"), options).cached == [false])
    }
  }
}
