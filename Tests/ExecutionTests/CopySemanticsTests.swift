import Layers
import Linux
import OCI
import Testing

@testable import Execution

@Suite("what docker build makes of COPY and ADD")
struct CopySemanticsTests {
  @Test("COPY from a stage keeps owners, COPY from the context does not; what is made on the way is root's")
  func owners() async throws {
    try await withWorkbench { bench in
      try bench.context.write("f", to: "dir/sub/file")
      let stage = "FROM scratch AS s\nCOPY --chown=100:200 dir /dir/\nFROM scratch\n"
      #expect(
        try await bench.build(stage + "COPY --from=s /dir /new").modes
          == ["new/ 755 0:0", "new/sub/ 755 100:200", "new/sub/file 644 100:200"])
      #expect(
        try await bench.build(stage + "COPY --from=s --chown=3:4 /dir /new").modes
          == ["new/ 755 3:4", "new/sub/ 755 3:4", "new/sub/file 644 3:4"])
      #expect(
        try await bench.build(stage + "COPY --from=s /dir/sub/file /a/b").modes == ["a/ 755 0:0", "a/b 644 100:200"])
    }
  }

  @Test("--chmod is for what is made on the way, too")
  func modes() async throws {
    try await withWorkbench { bench in
      try bench.context.write("f", to: "f")
      #expect(
        try await bench.build("FROM scratch\nCOPY --chmod=777 f /p/f\nCOPY --chmod=770 f /p/s/f").modes
          == ["p/ 777 0:0", "p/f 777 0:0", "p/s/ 770 0:0", "p/s/f 770 0:0"])
    }
  }

  @Test("WORKDIR makes directories for USER by the image's own files; one that is there stays as it is")
  func workingDirectory() async throws {
    try await withWorkbench { bench in
      try bench.context.write("me:x:1001:1002::/:/bin/sh\n", to: "etc/passwd")
      try bench.context.write("us:x:77:\n", to: "etc/group")
      for (user, owner) in [
        ("me", "1001:1002"), ("me:us", "1001:77"), ("1234", "1234:1234"), ("5:6", "5:6"), ("unknown", "0:0"),
      ] {
        let result = try await bench.build("FROM scratch\nCOPY etc /etc\nUSER \(user)\nWORKDIR /etc/w/x\nWORKDIR /etc")
        #expect(result.modes.contains("etc/w/ 755 \(owner)"), "\(user)")
        #expect(result.modes.contains("etc/w/x/ 755 \(owner)"), "\(user)")
        #expect(result.modes.contains("etc/ 755 0:0"))
      }
    }
  }

  @Test("a linked copy takes no notice of the links and directories below")
  func linked() async throws {
    try await withWorkbench { bench in
      try bench.context.link("base/lib", to: "usr/lib")
      try bench.context.write("old", to: "base/usr/lib/old")
      try bench.context.write("new", to: "f")
      let base = "FROM scratch\nCOPY --chown=9:9 base /\n"
      let followed = try await bench.build(base + "COPY f /lib/f").files()
      #expect(followed["usr/lib/f"] == "new")
      let linked = try await bench.build(base + "COPY --link f /lib/f")
      #expect(try linked.files().filter { !$0.key.hasSuffix("/") } == ["lib/f": "new", "usr/lib/old": "old"])
      #expect(linked.modes.contains("lib/ 755 0:0"))
      let other = try await bench.build("FROM scratch\nCOPY f /x\nCOPY --link f /lib/f")
      #expect(other.image.layers.last == linked.image.layers.last)
      #expect(other.cached == [false, true])
    }
  }

  @Test("an archive goes through links where it does not name the directory, and takes the place of what is there")
  func archives() async throws {
    try await withWorkbench { bench in
      try bench.context.link("base/lib", to: "usr/lib")
      try bench.context.write("old", to: "base/usr/lib/old")
      try bench.context.write("old", to: "base/place/deep/old")
      try bench.context.write("x", to: "tree/lib/x")
      try bench.context.write("file now", to: "tree/place/deep")
      try await bench.pack("lib/x", of: "tree", into: "implied.tar", [])
      try await bench.pack("lib", of: "tree", into: "named.tar", [])
      try await bench.pack("place/deep", of: "tree", into: "file.tar", [])
      let base = "FROM scratch\nCOPY base /\n"
      let implied = try await bench.build(base + "ADD implied.tar /").files()
      #expect(implied["usr/lib/x"] == "x" && implied["lib"] == "-> usr/lib")
      let named = try await bench.build(base + "ADD named.tar /").files()
      #expect(named["lib/x"] == "x" && named["usr/lib/old"] == "old")
      let file = try await bench.build(base + "ADD file.tar /").files()
      #expect(file["place/deep"] == "file now" && file["place/deep/old"] == nil)
    }
  }

  @Test("a directory that comes back where a link was does not bring its old content")
  func comesBack() async throws {
    try await withWorkbench { bench in
      try bench.context.write("old", to: "base/d/old")
      try bench.context.link("one/d", to: "elsewhere")
      try bench.context.write("new", to: "two/d/new")
      let base = "FROM scratch\nCOPY base /\n"
      let link = try await bench.build(base + "COPY one/ /").files()
      #expect(link["d"] == "-> elsewhere")
      let files = try await bench.build(base + "COPY one/ two/ /").files()
      #expect(files == ["d/": "", "d/new": "new"])
    }
  }

  @Test("several matches need a directory, and one that is there is enough")
  func wildcards() async throws {
    try await withWorkbench { bench in
      for name in ["a.txt", "b.txt"] { try bench.context.write(name, to: name) }
      let thrown = await #expect(throws: StepError.self) { try await bench.build("FROM scratch\nCOPY *.txt /d") }
      #expect(thrown?.underlying as? CopyError == .severalOntoFile(EntryPath("d")!))
      #expect(try await bench.build("FROM scratch\nCOPY a*.txt /d").files() == ["d": "a.txt"])
      let files = try await bench.build("FROM scratch\nWORKDIR /d\nCOPY *.txt /d").files()
      #expect(files == ["d/": "", "d/a.txt": "a.txt", "d/b.txt": "b.txt"])
    }
  }

  @Test("attributes that mean the same everywhere are kept, and count")
  func attributes() async throws {
    try await withWorkbench { bench in
      try bench.context.write("x", to: "f")
      try bench.context.setExtendedAttribute(
        ExtendedAttribute(name: Array("user.a".utf8), value: Array("1".utf8)), ofName: "f")
      let text = "FROM scratch AS s\nCOPY f /\nFROM scratch\nCOPY --from=s f /g"
      let result = try await bench.build(text)
      #expect(result.tree.lookup(EntryPath("g")!)?.entry.attributes.map(\.name) == [Array("user.a".utf8)])
      #expect(try await bench.build(text).cached == [true, true])
      try bench.context.setExtendedAttribute(
        ExtendedAttribute(name: Array("user.a".utf8), value: Array("2".utf8)), ofName: "f")
      #expect(try await bench.build(text).cached == [false, false])
    }
  }

  @Test("`..` in a destination is taken by its text")
  func cleaned() async throws {
    try await withWorkbench { bench in
      try bench.context.link("base/link", to: "/deep/down")
      try bench.context.write("x", to: "f")
      let files = try await bench.build("FROM scratch\nCOPY base /\nCOPY f /link/../\nCOPY f /link/x").files()
      #expect(files["f"] == "x" && files["deep/down/x"] == "x" && files["deep/f"] == nil)
    }
  }

  @Test("paths that grow too long or too deep are refused")
  func bounds() async throws {
    try await withWorkbench { bench in
      try bench.context.write("x", to: "a/b/c/f")
      let deep = String(repeating: "/d", count: 511)
      let thrown = await #expect(throws: StepError.self) { try await bench.build("FROM scratch\nCOPY a \(deep)/") }
      guard case .unusablePath? = thrown?.underlying as? CopyError else {
        Issue.record("\(String(describing: thrown))")
        return
      }
    }
  }
}
