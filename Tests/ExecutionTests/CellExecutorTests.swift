import Assembly
import Content
import Diagnostics
import Layers
import Linux
import OCI
import Planning
import SystemPackage
import Testing

@testable import Execution

@Suite("cells without root and containers")
struct CellExecutorTests {
  @Test("stages, copies between them, and the config of the last one")
  func stages() async throws {
    try await withWorkbench { bench in
      try bench.context.write("tool", to: "bin/tool", mode: 0o755)
      try bench.context.write("conf", to: "etc/app.conf")
      let result = try await bench.build(
        """
        FROM scratch AS files
        COPY bin/ /usr/bin/
        COPY etc /etc
        ENV FROM_FILES=1

        FROM files AS derived
        ENV DERIVED=$FROM_FILES

        FROM scratch AS unused
        COPY missing /

        FROM scratch
        COPY --from=files /usr/bin/tool /tool
        COPY --from=derived --chown=3:4 /etc /etc
        COPY --from=0 /usr/ /usr/
        WORKDIR /work/dir
        ENTRYPOINT ["/tool"]
        USER 5
        """)
      #expect(
        try result.files() == [
          "tool": "tool", "etc/": "", "etc/app.conf": "conf", "usr/": "", "usr/bin/": "", "usr/bin/tool": "tool",
          "work/": "", "work/dir/": "",
        ])
      #expect(result.modes.contains("etc/app.conf 644 3:4"))
      #expect(result.modes.contains("tool 755 0:0"))
      #expect(result.process.entrypoint == ["/tool"])
      #expect(result.process.user == "5")
      #expect(result.process.workingDir == "/work/dir")
      #expect(result.process.env?.contains { $0.hasPrefix("DERIVED") } == false)
      #expect(result.image.layers.count == 4)
      #expect(
        result.image.config.history?.map(\.createdBy) == [
          "COPY /usr/bin/tool /tool", "COPY /etc /etc", "COPY /usr/ /usr/", "WORKDIR /work/dir",
          #"ENTRYPOINT ["/tool"]"#, "USER 5",
        ])
      #expect(result.image.config.history?.map { $0.emptyLayer ?? false } == [false, false, false, false, true, true])
      #expect(result.image.config.created == "2001-09-09T01:46:40Z")
    }
  }

  @Test("a stage on a stage has its files, config and variables")
  func derived() async throws {
    try await withWorkbench { bench in
      try bench.context.write("1", to: "a")
      let result = try await bench.build(
        """
        FROM scratch AS one
        ARG NAME=a
        COPY $NAME /first
        LABEL l=1
        FROM one
        COPY $NAME /second
        """)
      #expect(try result.files() == ["first": "1", "second": "1"])
      #expect(result.process.labels == ["l": "1"])
      #expect(result.image.config.history?.count == 4)
    }
  }

  @Test("an image as base and as source; what it leaves to its children is done, and not left again")
  func images() async throws {
    try await withWorkbench { bench in
      try bench.context.write("p", to: "passwd")
      try bench.context.write("app", to: "app.txt")
      var base = try await bench.build(
        """
        FROM scratch
        COPY passwd /etc/passwd
        ENV BASE=1
        ONBUILD COPY app.txt /app/
        ONBUILD ENV TRIGGERED=$BASE
        CMD ["base"]
        """
      ).image
      base.process.labels = ["from": "base"]
      bench.images["quay.io/some/base:1"] = base
      let result = try await bench.build(
        """
        FROM quay.io/some/base:1
        COPY --from=quay.io/some/base:1 /etc/ /copied/
        ENV OWN=$TRIGGERED
        """)
      #expect(
        try result.files() == [
          "etc/": "", "etc/passwd": "p", "app/": "", "app/app.txt": "app", "copied/": "", "copied/passwd": "p",
        ])
      #expect(result.process.env?.suffix(3) == ["BASE=1", "TRIGGERED=1", "OWN=1"])
      #expect(result.process.onBuild == nil)
      #expect(result.process.labels == ["from": "base"])
      #expect(result.process.cmd == ["base"])
      #expect(Array(result.image.layers.prefix(1)) == base.layers)
    }
  }

  @Test("--chown by the names of the image, in links too")
  func owners() async throws {
    try await withWorkbench { bench in
      try bench.context.write("root:x:0:0::/:/bin/sh\nme:x:1001:1002::/home/me:/bin/sh\n", to: "passwd")
      try bench.context.write("root:x:0:\nus:x:77:me\n", to: "group")
      let head = "FROM scratch\nCOPY passwd group /real/\n"
      for (owner, expected) in [
        ("me", "1001:1002"), ("me:us", "1001:77"), ("me:5", "1001:5"), ("9", "9:9"), ("9:us", "9:77"), ("0:0", "0:0"),
      ] {
        let text = head + "COPY --from=link /etc /etc\nCOPY --chown=\(owner) passwd /x"
        try? bench.context.link("etc/passwd", to: "../real/passwd")
        try? bench.context.link("etc/group", to: "/real/group")
        let result = try await bench.build("FROM scratch AS link\nCOPY etc /etc\n" + text)
        #expect(result.modes.contains("x 644 \(expected)"), "\(owner): \(result.modes)")
      }
      for (owner, error) in [("nobody", CopyError.unknownUser("nobody")), ("me:none", .unknownGroup("none"))] {
        let thrown = await #expect(throws: StepError.self) {
          _ = try await bench.build("FROM scratch\nCOPY passwd group /etc/\nCOPY --chown=\(owner) passwd /x")
        }
        #expect(thrown?.underlying as? CopyError == error)
        #expect(thrown?.range.start.line == 3)
      }
    }
  }

  @Test(
    "ADD unpacks archives in every compression, COPY and --unpack=false do not",
    arguments: ["", "--gzip", "--xz", "--bzip2", "--zstd"])
  func archives(compression: String) async throws {
    try await withWorkbench { bench in
      try bench.context.write("inside", to: "tree/d/file", mode: 0o640)
      try bench.context.link("tree/d/link", to: "file")
      let options = ["--owner=7", "--group=8", "--mtime=@500"] + (compression.isEmpty ? [] : [compression])
      try await bench.pack("d", of: "tree", into: "archive", options)
      let result = try await bench.build(
        "FROM scratch\nADD archive /a/\nCOPY archive /copied\nADD --unpack=false archive /kept")
      let files = try result.files()
      #expect(files["a/d/file"] == "inside")
      #expect(files["a/d/link"] == "-> file")
      #expect(result.modes.contains("a/d/file 640 7:8"))
      #expect(result.tree.lookup(EntryPath("a/d/file")!)?.entry.modified == Timestamp(seconds: 500))
      #expect(files["copied"] == files["kept"])
      #expect(result.modes.contains("copied 644 0:0"))
      let owned = try await bench.build("FROM scratch\nADD --chown=1:2 archive /a/")
      #expect(owned.modes.contains("a/d/file 640 1:2"))
    }
  }

  @Test("a file that only looks like an archive is copied by ADD")
  func noArchive() async throws {
    try await withWorkbench { bench in
      try bench.context.write("not a tar", to: "x.tar.gz")
      try bench.context.write([], to: "empty.tar")
      let result = try await bench.build("FROM scratch\nADD x.tar.gz empty.tar /d/")
      #expect(try result.files() == ["d/": "", "d/x.tar.gz": "not a tar", "d/empty.tar": ""])
    }
  }

  @Test("files that stand in the Dockerfile")
  func heredocs() async throws {
    try await withWorkbench { bench in
      try bench.context.write("x", to: "f")
      let result = try await bench.build(
        """
        FROM scratch
        ARG WHO=world
        COPY <<one <<"two" f /d/
        hello $WHO
        one
        hello $WHO
        two
        COPY --chmod=755 <<EOF /script
        #!/bin/sh
        EOF
        """)
      #expect(
        try result.files() == [
          "d/": "", "d/one": "hello world\n", "d/two": "hello $WHO\n", "d/f": "x", "script": "#!/bin/sh\n",
        ])
      #expect(result.modes.contains("script 755 0:0"))
    }
  }

  @Test("--link puts files without looking at what is below, and its layer is the same on every base")
  func link() async throws {
    try await withWorkbench { bench in
      try bench.context.write("x", to: "f")
      let plain = try await bench.build("FROM scratch\nCOPY --link f /lib/x")
      let other = try await bench.build("FROM scratch\nCOPY f /y\nCOPY --link f /lib/x")
      #expect(plain.image.layers.last == other.image.layers.last)
      #expect(other.cached == [false, true])
    }
  }

  @Test("an unreadable or missing source names the line; the mistakes of one file are not those of another stage")
  func errors() async throws {
    try await withWorkbench { bench in
      let error = await #expect(throws: StepError.self) {
        _ = try await bench.build("FROM scratch\n\nCOPY \\\n  missing \\\n  /x\n")
      }
      #expect(error?.range.start.line == 3)
      #expect(error?.range.file.name == "components/app/Dockerfile")
      #expect(error?.cell.description.hasPrefix("app/") == true)
      #expect("\(error!.underlying)" == "`missing` does not exist")

      try bench.context.write("x", to: "hidden")
      var options = Workbench.Options()
      options.ignore = "hidden"
      let ignored = await #expect(throws: StepError.self) {
        _ = try await bench.build("FROM scratch\nCOPY hidden /x\n", options)
      }
      #expect("\(ignored!.underlying)" == "`hidden` does not exist, or the ignore file leaves it out")
    }
  }

  @Test("WORKDIR makes what is missing, follows links, and stops at files")
  func workingDirectories() async throws {
    try await withWorkbench { bench in
      try bench.context.write("x", to: "f")
      try bench.context.link("l", to: "real/deep")
      let result = try await bench.build("FROM scratch\nCOPY . /\nWORKDIR /l/a\nWORKDIR b\nWORKDIR /l/a")
      #expect(result.modes.contains("real/deep/a/b/ 755 0:0"))
      #expect(result.image.layers.count == 3)
      #expect(result.process.workingDir == "/l/a")
      let error = await #expect(throws: StepError.self) {
        _ = try await bench.build("FROM scratch\nCOPY f /\nWORKDIR /f")
      }
      #expect(error?.underlying as? CopyError == .directoryOverFile(EntryPath("f")!))
    }
  }
}
