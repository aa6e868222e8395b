import Diagnostics
import Dockerfile
import OCI
import Planning
import Testing

/// A stage with its instructions lowered one after the other.
struct LoweredStage {
  var state: StageState
  var lowered: [LoweredInstruction] = []

  /// - Parameters:
  ///   - text: what stands behind the FROM; the file's ARGs before it come in `global`.
  ///   - base: the config of the base image; nil for scratch.
  init(
    _ text: String, global: String = "", base: ImageConfig.Process? = nil, given: [String: String] = [:]
  ) throws {
    let head = global.isEmpty ? "" : global + "\n"
    let file = SourceFile(name: "Dockerfile", bytes: Array("\(head)FROM scratch\n\(text)\n".utf8))
    let graph = try StageGraph(parsing: file)
    let resolved = try graph.resolve(
      BuildArguments(
        given: given, target: Platform(parsing: "linux/arm/v7")!, build: Platform(architecture: "amd64")))
    state = StageState(base: base, global: resolved.global, expander: graph.expander)
    for instruction in graph.stages[0].instructions { lowered.append(try state.lower(instruction)) }
  }

  var process: ImageConfig.Process { state.process }
  var history: [String] { lowered.map(\.history) }

  var run: RunStep? {
    guard case .run(let step)? = lowered.last?.step else { return nil }
    return step
  }

  var copy: CopyStep? {
    guard case .copy(let step)? = lowered.last?.step else { return nil }
    return step
  }
}

/// The environment that every stage on scratch starts with.
private let path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

@Suite("instructions become config and steps")
struct StageStateTests {
  @Test("scratch has a path, a working directory and nothing else")
  func scratch() throws {
    let process = try LoweredStage("").process
    #expect(process.env == [path])
    #expect(process.workingDir == "/")
    #expect(process.cmd == nil && process.entrypoint == nil && process.user == nil)
  }

  @Test(
    "environment and arguments",
    arguments: [
      ("ENV A=1 B=$A\nENV C=$A", [path, "A=1", "B=", "C=1"]),
      ("ENV A=1\nENV A=2 B=\"x y\"", [path, "A=2", "B=x y"]),
      ("ENV A one two", [path, "A=one two"]),
      ("ARG A=1\nENV B=$A", [path, "B=1"]),
      ("ARG A=1\nENV A=2\nENV B=$A", [path, "A=2", "B=2"]),
      ("ENV A=2\nARG A=1\nENV B=$A", [path, "A=2", "B=2"]),
      ("ARG GLOBAL\nENV B=$GLOBAL", [path, "B=g"]),
      ("ENV B=${GLOBAL:-none}", [path, "B=none"]),
      ("ARG GIVEN=default\nENV B=$GIVEN", [path, "B=given"]),
      ("ENV B=$GIVEN", [path, "B="]),
      (
        "ARG TARGETARCH TARGETVARIANT TARGETPLATFORM\nENV B=$TARGETARCH$TARGETVARIANT=$TARGETPLATFORM",
        [path, "B=armv7=linux/arm/v7"]
      ),
      ("ENV B=$TARGETARCH", [path, "B="]),
      ("ARG BUILDARCH\nENV B=$BUILDARCH", [path, "B=amd64"]),
      ("ARG TARGETSTAGE\nENV B=$TARGETSTAGE", [path, "B=default"]),
      ("ENV PATH=/x:$PATH", ["PATH=/x:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]),
    ])
  func environment(text: String, expected: [String]) throws {
    let stage = try LoweredStage(text, global: "ARG GLOBAL=g", given: ["GIVEN": "given"])
    #expect(stage.process.env == expected)
  }

  @Test("commands see declared arguments behind the environment, and those that ENV overrides not at all")
  func runEnvironment() throws {
    let stage = try LoweredStage(
      "ARG B=1\nARG A=2\nARG NONE\nARG X=3\nENV X=4\nRUN true", given: ["OTHER": "5"])
    #expect(stage.run?.environment == [path, "X=4", "A=2", "B=1"])
    #expect(stage.process.env == [path, "X=4"])
    #expect(stage.history.last == "RUN |2 A=2 B=1 /bin/sh -c true")
  }

  @Test("a given proxy reaches commands and no record, unless an ARG asks for it")
  func proxies() throws {
    let given = ["HTTP_PROXY": "http://proxy", "no_proxy": "x"]
    let hidden = try LoweredStage("RUN true", given: given)
    #expect(hidden.run?.proxies == ["HTTP_PROXY=http://proxy", "no_proxy=x"])
    #expect(hidden.run?.environment == [path])
    #expect(hidden.history.last == "RUN /bin/sh -c true")
    let declared = try LoweredStage("ARG HTTP_PROXY\nRUN true", given: given)
    #expect(declared.run?.proxies == ["no_proxy=x"])
    #expect(declared.run?.environment == [path, "HTTP_PROXY=http://proxy"])
    #expect(declared.history.last == "RUN |1 HTTP_PROXY=http://proxy /bin/sh -c true")
  }

  @Test("a slash behind an absolute working directory stays in the config alone")
  func slashBehindWorkingDirectory() throws {
    let stage = try LoweredStage("WORKDIR /a/b/")
    #expect(stage.process.workingDir == "/a/b/")
    #expect(stage.lowered.last?.step == .makeDirectory(DirectoryStep(path: "/a/b", user: "")))
    #expect(try LoweredStage("WORKDIR /a/\nWORKDIR b/").process.workingDir == "/a/b")
  }

  @Test(
    "working directories",
    arguments: [
      ("WORKDIR /a", "/a"), ("WORKDIR /a\nWORKDIR b/c", "/a/b/c"), ("WORKDIR /a/b\nWORKDIR ../c/", "/a/c"),
      ("WORKDIR /a\nWORKDIR $NOTHING", "/a"), ("WORKDIR a", "/a"),
      ("WORKDIR /a/./b//c", "/a/b/c"), ("WORKDIR /../..", "/"),
      ("ENV D=/x\nWORKDIR $D/y", "/x/y"), ("WORKDIR \"/a b\"", "/a b"),
    ])
  func workingDirectory(text: String, expected: String) throws {
    let stage = try LoweredStage(text)
    #expect(stage.process.workingDir == expected)
    #expect(stage.lowered.last?.step == .makeDirectory(DirectoryStep(path: expected, user: "")))
    #expect(stage.history.last == "WORKDIR \(expected)")
  }

  @Test("a base whose working directory is relative counts from the root")
  func relativeBase() throws {
    var base = ImageConfig.Process()
    base.workingDir = "srv"
    #expect(try LoweredStage("WORKDIR x", base: base).process.workingDir == "/srv/x")
    #expect(try LoweredStage("RUN true", base: base).run?.workingDirectory == "/srv")
  }

  struct Commands: Sendable, CustomTestStringConvertible {
    var text: String
    var entrypoint: [String]?
    var cmd: [String]?
    var testDescription: String { text }
  }

  @Test(
    "commands on a base that has both",
    arguments: [
      Commands(text: "USER 1", entrypoint: ["base"], cmd: ["argument"]),
      Commands(text: "ENTRYPOINT [\"own\"]", entrypoint: ["own"], cmd: nil),
      Commands(text: "CMD [\"a\"]\nENTRYPOINT [\"own\"]", entrypoint: ["own"], cmd: ["a"]),
      Commands(text: "ENTRYPOINT [\"own\"]\nCMD [\"a\", \"b c\"]", entrypoint: ["own"], cmd: ["a", "b c"]),
      Commands(text: "CMD echo $HOME", entrypoint: ["base"], cmd: ["/bin/sh", "-c", "echo $HOME"]),
      Commands(
        text: "SHELL [\"/bin/bash\", \"-ec\"]\nCMD x y\nENTRYPOINT e", entrypoint: ["/bin/bash", "-ec", "e"],
        cmd: ["/bin/bash", "-ec", "x y"]),
      Commands(text: "CMD []", entrypoint: ["base"], cmd: nil),
      Commands(text: "ENTRYPOINT []", entrypoint: nil, cmd: nil),
    ])
  func commands(row: Commands) throws {
    var base = ImageConfig.Process()
    base.entrypoint = ["base"]
    base.cmd = ["argument"]
    let process = try LoweredStage(row.text, base: base).process
    #expect(process.entrypoint == row.entrypoint)
    #expect(process.cmd == row.cmd)
  }

  @Test("a stage on a stage: the command of the one before is inherited, not its own")
  func ontoStage() throws {
    let first = try LoweredStage("ARG A=1\nENV B=2\nCMD [\"x\"]").state
    var second = StageState(onto: first)
    let graph = try StageGraph(
      parsing: SourceFile(name: "Dockerfile", bytes: Array("FROM scratch\nENV C=$A$B\nENTRYPOINT [\"e\"]".utf8)))
    for instruction in graph.stages[0].instructions { _ = try second.lower(instruction) }
    #expect(second.process.cmd == nil)
    #expect(second.process.entrypoint == ["e"])
    #expect(second.process.env?.last == "C=12")
  }

  @Test(
    "ports",
    arguments: [
      ("EXPOSE 80", ["80/tcp"]), ("EXPOSE 53/udp 53", ["53/tcp", "53/udp"]),
      ("EXPOSE 8000-8002", ["8000/tcp", "8001/tcp", "8002/tcp"]), ("ENV P=\"1 2/UDP\"\nEXPOSE $P", ["1/tcp", "2/udp"]),
      ("EXPOSE 80\nEXPOSE 80/tcp 81", ["80/tcp", "81/tcp"]),
    ])
  func ports(text: String, expected: [String]) throws {
    #expect(try LoweredStage(text).process.exposedPorts?.keys.sorted() == expected)
  }

  @Test("labels, volumes, user and stop signal")
  func others() throws {
    let stage = try LoweredStage(
      """
      ARG V=1
      LABEL a=$V "b c"='d $V'
      LABEL a=2
      VOLUME /data /xy
      VOLUME ["/json"]
      USER ${V}000:users
      STOPSIGNAL SIGTERM
      MAINTAINER some body
      """)
    #expect(stage.process.labels == ["a": "2", "b c": "d $V"])
    #expect(stage.process.volumes?.keys.sorted() == ["/data", "/json", "/xy"])
    #expect(stage.process.user == "1000:users")
    #expect(stage.process.stopSignal == "SIGTERM")
    #expect(stage.state.author == "some body")
    #expect(stage.lowered.allSatisfy { $0.step == nil })
    #expect(
      stage.history == [
        "ARG V=1", "LABEL a=1 b c=d $V", "LABEL a=2", "VOLUME [/data /xy]", "VOLUME [/json]",
        "USER 1000:users", "STOPSIGNAL SIGTERM", "MAINTAINER some body",
      ])
  }

  @Test("health checks in nanoseconds, without what was not given")
  func health() throws {
    let stage = try LoweredStage(
      "HEALTHCHECK --interval=1m30s --timeout=500ms --retries=3 CMD [\"/check\", \"now\"]")
    var expected = ImageConfig.Healthcheck(test: ["CMD", "/check", "now"])
    expected.interval = 90_000_000_000
    expected.timeout = 500_000_000
    expected.retries = 3
    #expect(stage.process.healthcheck == expected)
    #expect(try LoweredStage("HEALTHCHECK CMD a b").process.healthcheck?.test == ["CMD-SHELL", "a b"])
    #expect(try LoweredStage("HEALTHCHECK NONE").process.healthcheck?.test == ["NONE"])
  }

  @Test("triggers are kept as text and taken out once")
  func triggers() throws {
    var stage = try LoweredStage("ONBUILD COPY $X /app\nONBUILD RUN echo hi")
    #expect(stage.process.onBuild == ["COPY $X /app", "RUN echo hi"])
    #expect(stage.history == ["ONBUILD COPY $X /app", "ONBUILD RUN echo hi"])
    #expect(stage.state.takeTriggers() == ["COPY $X /app", "RUN echo hi"])
    #expect(stage.process.onBuild == nil)
    #expect(stage.state.takeTriggers() == [])
  }
}

@Suite("steps of instructions")
struct StepLoweringTests {
  @Test("RUN in its forms")
  func run() throws {
    #expect(try LoweredStage("RUN echo $A").run?.arguments == ["/bin/sh", "-c", "echo $A"])
    #expect(try LoweredStage("RUN [\"a\", \"$A\"]").run?.arguments == ["a", "$A"])
    #expect(try LoweredStage("SHELL [\"s\"]\nRUN a").run?.arguments == ["s", "a"])
    let script = try LoweredStage("RUN <<EOF\necho 1\necho 2\nEOF").run
    #expect(script?.arguments == ["/bin/sh", "-c", "echo 1\necho 2\n"])
    let shebang = try LoweredStage("RUN <<EOF\n#!/usr/bin/python3\nprint(1)\nEOF").run
    #expect(shebang?.scripts.values.map { String(decoding: $0, as: UTF8.self) } == ["#!/usr/bin/python3\nprint(1)\n"])
    #expect(shebang?.arguments == shebang.map { Array($0.scripts.keys) })
    #expect(try LoweredStage("USER me\nWORKDIR /w\nRUN a").run?.user == "me")
    #expect(try LoweredStage("USER me\nWORKDIR /w\nRUN a").run?.workingDirectory == "/w")
    #expect(try LoweredStage("RUN --network=none a").run?.network == RunNetwork.none)
  }

  @Test("mounts are expanded")
  func mounts() throws {
    let mounts = try LoweredStage("ARG D=/cache\nRUN --mount=type=cache,target=$D,id=x a").run?.mounts
    #expect(mounts?.count == 1)
    #expect(mounts?[0].kind == .cache)
    #expect(mounts?[0].target == "/cache")
    #expect(mounts?[0].id == "x")
  }

  @Test("COPY: sources, destination, owner, mode and history are expanded")
  func copy() throws {
    let stage = try LoweredStage(
      "ARG F=file\nARG U=7\nWORKDIR /w\n"
        + "COPY --chown=$U:5 --chmod=u+x --link --parents --exclude=$F* $F other dir/", given: [:])
    let copy = stage.copy
    #expect(copy?.sources == [.path("file"), .path("other")])
    #expect(copy?.destination == "dir/")
    #expect(copy?.workingDirectory == "/w")
    #expect(copy?.owner == OwnerSpecification("7:5"))
    #expect(copy?.keepsParents == true)
    #expect(copy?.excludes == ["file*"])
    #expect(copy?.mode == ModeChange("u+x"))
    #expect(copy?.isLinked == true)
    #expect(copy?.unpacksArchives == false)
    #expect(stage.history.last == "COPY file other dir/")
  }

  @Test("files in the Dockerfile")
  func heredocs() throws {
    let copy = try LoweredStage("ARG A=1\nCOPY <<one <<\"two\" /d/\n$A\none\n$A\ntwo").copy
    #expect(copy?.sources == [])
    #expect(copy?.inlineFiles.map(\.name) == ["one", "two"])
    #expect(copy?.inlineFiles.map { String(decoding: $0.content, as: UTF8.self) } == ["1\n", "$A\n"])
  }

  @Test("ADD unpacks unless it is told not to")
  func add() throws {
    #expect(try LoweredStage("ADD a.tar /").copy?.unpacksArchives == true)
    #expect(try LoweredStage("ADD --unpack=false a.tar /").copy?.unpacksArchives == false)
    #expect(try LoweredStage("ADD a.tar /").history == ["ADD a.tar /"])
  }

  @Test(
    "escaped wildcards in sources stay escaped, other escapes and quotes are taken out",
    arguments: [
      (#"COPY n\?pe /"#, #"n\?pe"#), (#"COPY a\*b /"#, #"a\*b"#), (#"COPY a\[b /"#, #"a\[b"#),
      (#"COPY n\\?pe /"#, #"n\?pe"#), (#"COPY "a"'b' /"#, "ab"), (#"COPY a\b /"#, "ab"), (#"COPY [[]a /"#, "[[]a"),
      (#"COPY ["a b?", "/"]"#, "a b?"), (#"COPY ["n\\?pe", "/"]"#, #"n\?pe"#), (#"COPY \$A /"#, "$A"),
    ])
  func patterns(text: String, expected: String) throws {
    #expect(try LoweredStage(text).copy?.sources == [.path(expected)])
  }
}

@Suite("refused instructions")
struct StageRefusalTests {
  private func refusal(_ text: String) -> String {
    do {
      _ = try LoweredStage(text)
      return ""
    } catch {
      return "\(error)"
    }
  }

  struct Refusal: Sendable, CustomTestStringConvertible {
    var text: String
    var what: String
    /// Line and column, the FROM being in the first line.
    var place: String
    var testDescription: String { text }
  }

  @Test(
    "what cannot be carried out is refused with file and line",
    arguments: [
      Refusal(text: "COPY a b /c", what: "the destination of several sources must be a directory", place: "2:10"),
      Refusal(text: "COPY --chown=a:b:c x /", what: "`a:b:c` is not an owner", place: "2:14"),
      Refusal(text: "COPY --chmod=999 x /", what: "`999` is not a mode", place: "2:14"),
      Refusal(text: "COPY --link --chown=a:5 x /", what: "`a:5` cannot be looked up for a linked copy", place: "2:21"),
      Refusal(text: "COPY --exclude=[ x /", what: "`[` is not a pattern", place: "2:16"),
      Refusal(text: "USER a\nCOPY https://example.org/x /", what: "COPY takes no remote source", place: "3:6"),
      Refusal(text: "ADD file:///etc/passwd /", what: "ADD does not fetch `file` addresses", place: "2:5"),
      Refusal(text: "ADD ftp://example.org/x /", what: "ADD does not fetch `ftp` addresses", place: "2:5"),
      Refusal(
        text: "ADD --checksum=md5:1 https://example.org/x /", what: "`md5:1` is not a digest", place: "2:22"),
      Refusal(
        text: "ADD --checksum=sha256:1 x /", what: "--checksum needs one remote source and nothing else", place: "2:16"),
      Refusal(text: "ADD --parents https://example.org/x /", what: "--parents is for local sources only", place: "2:1"),
      Refusal(
        text: "ADD https://example.org/x.git?nothing=1 /", what: "`nothing` is not a parameter of a git address",
        place: "2:5"),
      Refusal(text: "EXPOSE 70000", what: "`70000` is not a port", place: "2:8"),
      Refusal(text: "EXPOSE 9-1", what: "`9-1` is not a port", place: "2:8"),
      Refusal(text: "STOPSIGNAL SIGNOTHING", what: "`SIGNOTHING` is not a signal", place: "2:12"),
      Refusal(text: "VOLUME $NOTHING", what: "the path of a volume is empty", place: "2:8"),
    ])
  func refused(row: Refusal) {
    let text = refusal(row.text)
    #expect(text.hasPrefix("error: \(row.what)\n --> Dockerfile:\(row.place)\n"), "\(text)")
  }

  @Test("a whole message")
  func golden() {
    #expect(
      refusal("COPY a b /c") == """
        error: the destination of several sources must be a directory
         --> Dockerfile:2:10
          |
        2 | COPY a b /c
          |          ^^
         = help: write `/c/`

        """)
  }
}
