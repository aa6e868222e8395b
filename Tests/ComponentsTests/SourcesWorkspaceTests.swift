import Linux
import OCI
import SystemPackage
import Testing

@testable import Sources

@Suite("Workspaces and build_binaries") struct SourcesWorkspaceTests {
  private static let script = """
    #!/bin/sh
    echo "running for $1"
    mkdir -p bin
    cat ../other/shared.txt > bin/out
    echo "$ARCH $TARGETARCH $TARGETVARIANT $COMPONENT $VERSION $SOURCE_DATE_EPOCH $(basename "$PWD")" >> bin/out
    echo changed > config.txt

    """

  private static let files = [
    "components/tool/Dockerfile": "FROM scratch\n", "components/tool/build_binaries": script,
    "components/tool/config.txt": "original\n", "components/tool/bin/stale": "stale",
    "components/other/Dockerfile": "FROM scratch\n", "components/other/shared.txt": "shared\n",
  ]

  @Test func theScriptRunsInACopyWithItsVariables() async throws {
    try await SourcesFixture.with(Self.files) { fixture in
      let result = try await fixture.build("tool", "arm", version: "v1")
      #expect(result.script == .ran(because: "first build"))
      #expect(result.lines == ["running for arm"])
      #expect(try result.file("bin/out") == "shared\narm arm v7 tool v1 7 tool\n")
      #expect(try result.file("config.txt") == "changed\n")
      #expect(throws: Errno.noSuchFileOrDirectory) { try result.file("bin/stale") }
      #expect(try SourcesFixture.read(fixture.set.appending("components/tool/config.txt")) == "original\n")
      #expect(result.directory.starts(with: fixture.store))
    }
  }

  @Test func itRunsOnlyWhenSomethingChanged() async throws {
    try await SourcesFixture.with(Self.files) { fixture in
      #expect(try await fixture.build("tool").script == .ran(because: "first build"))
      let again = try await fixture.build("tool")
      #expect(again.script == .upToDate)
      #expect(again.lines.isEmpty)
      #expect(try again.file("bin/out").hasPrefix("shared\n"))

      #expect(try await fixture.build("tool", version: "v2").script == .ran(because: "version changed"))
      #expect(try await fixture.build("tool", version: "v2", epoch: 8).script == .ran(because: "epoch changed"))
      #expect(try await fixture.build("tool", "amd64").script == .ran(because: "first build"))
      #expect(try await fixture.build("tool", version: "v2", epoch: 8).script == .upToDate)
      #expect(try await fixture.build("tool", "amd64").script == .upToDate)
    }
  }

  @Test(arguments: [
    ("components/tool/config.txt", "new\n", "config.txt changed"),
    ("components/tool/extra file", "x", "extra%20file is new"),
    ("components/tool/build_binaries", "#!/bin/sh\nmkdir bin; echo 2 > bin/x\n", "build_binaries changed"),
  ])
  func aChangedFileIsNamed(path: String, content: String, reason: String) async throws {
    try await SourcesFixture.with(Self.files) { fixture in
      _ = try await fixture.build("tool")
      try fixture.write(path, content)
      #expect(try await fixture.build("tool").script == .ran(because: reason))
      #expect(try await fixture.build("tool").script == .upToDate)
    }
  }

  @Test func changesOfSiblingsAndOwnBinDoNotCount() async throws {
    try await SourcesFixture.with(Self.files) { fixture in
      _ = try await fixture.build("tool")
      try fixture.write("components/other/shared.txt", "new\n")
      try fixture.write("components/tool/bin/mine", "x")
      #expect(try await fixture.build("tool").script == .upToDate)
    }
  }

  @Test func aRemovedFileIsNamed() async throws {
    try await SourcesFixture.with(Self.files) { fixture in
      _ = try await fixture.build("tool")
      try Directory(at: fixture.set.appending("components/tool")).removeFile("config.txt")
      #expect(try await fixture.build("tool").script == .ran(because: "config.txt is gone"))
    }
  }

  @Test func aTouchedResultIsMadeAgain() async throws {
    try await SourcesFixture.with(Self.files) { fixture in
      let first = try await fixture.build("tool")
      try SourcesFixture.write("out", "tampered", in: Directory(at: first.directory.appending("bin")))
      let second = try await fixture.build("tool")
      #expect(second.script == .ran(because: "bin/out changed"))
      #expect(try second.file("bin/out").hasPrefix("shared\n"))
      try Directory(at: first.directory.removingLastComponent()).removeTree("tool")
      #expect(try await fixture.build("tool").script == .ran(because: "last result is gone"))
    }
  }

  @Test func architecturesDoNotSeeEachOther() async throws {
    let script = "#!/bin/sh\n[ ! -e patched ] || exit 9\necho $1 > patched\nmkdir bin\ncp patched bin/\nsleep 0.05\n"
    try await SourcesFixture.with(["components/c/Dockerfile": "x", "components/c/build_binaries": script]) { fixture in
      let outputs = try await withThrowingTaskGroup(of: String.self) { group in
        for name in ["amd64", "arm64", "arm", "riscv64"] {
          group.addTask { try await fixture.build("c", name).file("bin/patched") }
        }
        return try await group.reduce(into: Set()) { $0.insert($1) }
      }
      #expect(outputs == ["amd64\n", "arm64\n", "arm\n", "riscv64\n"])
    }
  }

  @Test func twoCallersOfOneCellTakeTurns() async throws {
    let script = "#!/bin/sh\nmkdir bin && sleep 0.05 && echo done > bin/x && echo ran >> ../../../../../ran\n"
    try await SourcesFixture.with(["components/c/Dockerfile": "x", "components/c/build_binaries": script]) { fixture in
      let results = try await withThrowingTaskGroup(of: Workspace.Script.self) { group in
        for _ in 0..<4 { group.addTask { try await fixture.build("c").script } }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(results.filter { $0 == .upToDate }.count == 3)
      #expect(results.contains(.ran(because: "first build")))
    }
  }

  @Test func aFailingScriptShowsItsLastLines() async throws {
    let script = "#!/bin/sh\nfor i in $(seq 30); do echo line $i; done\necho oops >&2\nexit 3\n"
    try await SourcesFixture.with(["components/c/Dockerfile": "x", "components/c/build_binaries": script]) { fixture in
      for _ in 0..<2 {
        let error = await #expect(throws: SourceError.self) { try await fixture.build("c") }
        #expect(error?.what == "`build_binaries` of `c` failed for arm64")
        #expect(error?.why == ["exit status 3"])
        #expect(error?.lastOutput == (12...30).map { "line \($0)" } + ["oops"])
        #expect(error?.place == "components/c/build_binaries")
      }
      try fixture.write("components/c/build_binaries", "#!/bin/sh\nmkdir bin\n")
      #expect(try await fixture.build("c").script == .ran(because: "first build"))
    }
  }

  @Test func aScriptWithoutInterpreterLineRunsInTheShell() async throws {
    try await SourcesFixture.with([
      "components/c/Dockerfile": "x", "components/c/build_binaries": "#!", "components/d/Dockerfile": "x",
      "components/d/build_binaries": "#!/no/such/interpreter\n",
    ]) { fixture in
      try fixture.write("components/c/build_binaries", "mkdir bin && echo $1 $0 > bin/x\n")
      try Directory(at: fixture.set.appending("components/c")).setPermissions("build_binaries", 0o755)
      #expect(try await fixture.build("c").file("bin/x") == "arm64 ./build_binaries\n")
      let error = await #expect(throws: SourceError.self) { try await fixture.build("d") }
      #expect(error?.what == "cannot run `build_binaries` of `d`")
    }
  }

  @Test func modesTimesAndLinksAreKept() async throws {
    let script = "#!/bin/sh\nmkdir bin; stat -c '%a %Y %N' *.txt dir link > bin/stat\n"
    try await SourcesFixture.with([
      "components/c/Dockerfile": "x", "components/c/build_binaries": script, "components/c/a.txt": "a",
      "components/c/dir/b": "b",
    ]) { fixture in
      let directory = try Directory(at: fixture.set.appending("components/c"))
      try directory.setPermissions("a.txt", 0o640)
      try directory.setModified("a.txt", .init(seconds: 1234, nanoseconds: 5))
      try directory.makeSymbolicLink("link", to: "../elsewhere")
      try directory.setModified("link", .init(seconds: 99))
      try directory.setPermissions("dir", 0o711)
      try directory.setModified("dir", .init(seconds: 77))
      let result = try await fixture.build("c")
      #expect(try result.file("bin/stat") == "640 1234 'a.txt'\n711 77 'dir'\n777 99 'link' -> '../elsewhere'\n")
    }
  }

  @Test func aComponentWithoutScriptUsesItsOwnDirectory() async throws {
    try await SourcesFixture.with(["components/c/Dockerfile": "x"]) { fixture in
      let result = try await fixture.build("c")
      #expect(result.script == .none)
      #expect(result.directory == fixture.set.appending("components/c"))
    }
  }

  @Test func aLinkedScriptCountsByItsContent() async throws {
    try await SourcesFixture.with([
      "components/c/Dockerfile": "x", "components/common/build": "#!/bin/sh\nmkdir bin\n",
    ]) { fixture in
      try Directory(at: fixture.set.appending("components/c")).makeSymbolicLink("build_binaries", to: "../common/build")
      #expect(try await fixture.build("c").script == .ran(because: "first build"))
      #expect(try await fixture.build("c").script == .upToDate)
      try fixture.write("components/common/build", "#!/bin/sh\nmkdir bin; true\n")
      #expect(try await fixture.build("c").script == .ran(because: "build_binaries@ changed"))
    }
  }

  @Test func cancellationEndsTheWholeGroup() async throws {
    let script = "#!/bin/sh\ntrap '' TERM\n(trap '' TERM; sleep 1000 & echo child $!; wait) &\necho parent $$\nwait\n"
    try await SourcesFixture.with(["components/c/Dockerfile": "x", "components/c/build_binaries": script]) { fixture in
      let component = try fixture.component("c")
      let workspaces = fixture.workspaces()
      let request = WorkspaceRequest(
        component: component, platform: Platform(architecture: "arm64"),
        epoch: SourceDateEpoch(seconds: 0, origin: .unknown), files: try await workspaces.files(of: component))
      let (lines, feed) = AsyncStream.makeStream(of: String.self)
      let (result, pids) = await withTaskGroup(of: String.self) { group in
        group.addTask {
          do {
            try await workspaces.withWorkspace(request, line: { feed.yield(String(decoding: $0, as: UTF8.self)) }) {
              _ in
            }
            return "finished"
          } catch { return error is CancellationError ? "cancelled" : "\(error)" }
        }
        var pids: [Int32] = []
        for await line in lines {
          pids += line.split(separator: " ").compactMap { Int32($0) }
          if pids.count == 2 { break }
        }
        group.cancelAll()
        return (await group.next() ?? "", pids)
      }
      #expect(result == "cancelled")
      #expect(pids.count == 2)
      for pid in pids { #expect(try await Self.isGone(pid), "process \(pid) is still there") }
    }
  }

  /// Whether a process has ended; a zombie has.
  private static func isGone(_ pid: Int32) async throws -> Bool {
    for _ in 0..<3000 {
      guard let stat = try? SourcesFixture.read(FilePath("/proc/\(pid)/stat")) else { return true }
      if stat.contains(") Z ") { return true }
      try await Task.sleep(for: .milliseconds(10))
    }
    return false
  }

  @Test func whatTheScriptLeavesRunningIsEnded() async throws {
    let script = "#!/bin/sh\nmkdir bin\nsleep 1000 &\necho $! > bin/pid\n"
    try await SourcesFixture.with(["components/c/Dockerfile": "x", "components/c/build_binaries": script]) { fixture in
      let pid = try await fixture.build("c").file("bin/pid")
      #expect(try await Self.isGone(Int32(pid.dropLast()) ?? 0))
    }
  }
}
