import Layers
import Linux
import OCI
import Testing

@testable import Execution

@Suite("ADD of what is elsewhere")
struct CopyRemoteTests {
  @Test("a file is its owner's, has the name and the time of where it comes from, and is not unpacked")
  func download() async throws {
    try await withWorkbench { (bench) throws in
      bench.remotes.set("https://h/p/tool%20x?y=1", "content".utf8, modified: 500)
      bench.remotes.set("https://h/new", "new".utf8, modified: 2_000_000_000)
      let result = try await bench.build(
        "FROM scratch\nADD https://h/p/tool%20x?y=1 https://h/new /d/\nADD --chmod=755 --chown=3:4 https://h/new /f")
      #expect(try result.files() == ["d/": "", "d/tool x": "content", "d/new": "new", "f": "new"])
      #expect(result.modes == ["d/ 755 0:0", "d/new 600 0:0", "d/tool x 600 0:0", "f 755 3:4"])
      let times = ["d/tool x", "d/new"].map { result.tree.lookup(EntryPath($0)!)?.entry.modified.seconds }
      #expect(times == [500, 1_000_000_000])
    }
  }

  @Test("the URL is asked again, the content decides")
  func cache() async throws {
    try await withWorkbench { (bench) throws in
      bench.remotes.set("https://h/x", "one".utf8)
      let text = "FROM scratch\nADD https://h/x /x"
      #expect(try await bench.build(text).cached == [false])
      #expect(try await bench.build(text).cached == [true])
      bench.remotes.set("https://h/x", "two".utf8)
      #expect(try await bench.build(text).cached == [false])
      // Once for the key, and where there is something to write once more, which a run answers from the first time.
      #expect(bench.remotes.asked.count == 5)
    }
  }

  @Test("with a checksum nobody is asked when the result is there; without one an examination does not know")
  func examination() async throws {
    try await withWorkbench { (bench) throws in
      bench.remotes.set("https://h/x", "one".utf8)
      var examination = Workbench.Options()
      examination.purpose = .examine
      let digest = "sha256:7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
      let fixed = "FROM scratch\nADD --checksum=\(digest) https://h/x /x"
      await #expect(throws: StepMiss(cause: .neverRun)) { try await bench.build(fixed, examination) }
      #expect(bench.remotes.asked == [])
      _ = try await bench.build(fixed)
      #expect(bench.remotes.asked.count == 1)
      #expect(try await bench.build(fixed, examination).cached == [true])
      #expect(try await bench.build(fixed).cached == [true])
      #expect(bench.remotes.asked.count == 1)
      await #expect(throws: StepMiss(cause: .askedAgain("https://h/x"))) {
        try await bench.build("FROM scratch\nADD https://user:secret@h/x /x", examination)
      }
      let commit = String(repeating: "c", count: 40)
      await #expect(throws: StepMiss.self) {
        try await bench.build("FROM scratch\nADD https://h/r.git#\(commit) /r", examination)
      }
      await #expect(throws: StepMiss(cause: .askedAgain("https://h/r.git"))) {
        try await bench.build("FROM scratch\nADD https://h/r.git /r", examination)
      }
      #expect(bench.remotes.asked.count == 1)
    }
  }

  @Test("archives are unpacked when the instruction says so", arguments: ["", "--gzip", "--xz", "--bzip2", "--zstd"])
  func unpacking(compression: String) async throws {
    try await withWorkbench { (bench) throws in
      try bench.context.write("inside", to: "tree/d/file", mode: 0o4750)
      let options = ["--owner=7", "--group=8"] + (compression.isEmpty ? [] : [compression])
      try await bench.pack("d", of: "tree", into: "archive", options)
      let file = try bench.context.file("archive")
      defer { file.closeQuietly() }
      let bytes = try file.readAll(limit: 1 << 20)
      bench.remotes.set("https://h/archive", bytes)
      let result = try await bench.build(
        "FROM scratch\nADD --unpack https://h/archive /a\nADD https://h/archive /kept\nADD --unpack=true archive /b")
      #expect(result.modes.contains("a/d/file 4750 7:8"))
      #expect(result.modes.contains("b/d/file 4750 7:8"))
      #expect(result.tree.lookup(EntryPath("kept")!)?.entry.size == Int64(bytes.count))
    }
  }

  @Test("a URL without a name needs a destination with one")
  func unnamed() async throws {
    try await withWorkbench { (bench) throws in
      bench.remotes.set("https://h/", "x".utf8)
      #expect(try await bench.build("FROM scratch\nADD https://h/ /f").files() == ["f": "x"])
      let thrown = await #expect(throws: StepError.self) { try await bench.build("FROM scratch\nADD https://h/ /d/") }
      #expect(thrown?.underlying as? CopyError == .unnamedDownload("https://h/"))
    }
  }

  @Test("a repository gives its tree, or a directory of it, without .git")
  func repository() async throws {
    try await withWorkbench { (bench) throws in
      bench.remotes.set(
        commit: "1234", ["a": "A", "bin/run*": "R", "bin/[x]": "X", ".git/HEAD": "ref", "sub/.git/config": "c"])
      let text = "FROM scratch\nADD https://h/r.git /r\nADD https://h/r.git#:bin /bin\n"
      let result = try await bench.build(
        text + "ADD --keep-git-dir --exclude=sub --exclude=bin --chown=5 git@h:r /k")
      #expect(
        try result.files().filter { !$0.key.hasSuffix("/") } == [
          "r/a": "A", "r/bin/run": "R", "r/bin/[x]": "X", "r/sub/.git/config": "c", "bin/run": "R", "bin/[x]": "X",
          "k/a": "A", "k/.git/HEAD": "ref",
        ])
      #expect(result.modes.contains("r/bin/run 755 0:0"))
      #expect(result.modes.contains("k/a 644 5:5"))
      #expect(try await bench.build(text).cached == [true, true])
      let thrown = await #expect(throws: StepError.self) {
        try await bench.build("FROM scratch\nADD https://h/r.git#:none /r")
      }
      #expect(thrown?.underlying as? CopyError == .sourceNotFound("none of https://h/r.git", ignored: false))
    }
  }

  @Test("sources are copied in their order, whatever they are")
  func order() async throws {
    try await withWorkbench { (bench) throws in
      try bench.context.write("local", to: "x")
      try bench.context.write("other", to: "y/x")
      bench.remotes.set("https://h/x", "remote".utf8)
      bench.remotes.set(commit: "1", ["x": "tree"])
      for (sources, expected) in [
        ("x https://h/x", "remote"), ("https://h/x x", "local"), ("https://h/x y", "other"),
        ("x https://h/r.git", "tree"), ("https://h/r.git x", "local"), ("x https://h/x y", "other"),
      ] {
        #expect(try await bench.build("FROM scratch\nADD \(sources) /d/").files()["d/x"] == expected, "\(sources)")
      }
    }
  }
}
