import Layers
import Testing

@Suite struct EntryPathTests {
  @Test(arguments: [
    ("", "/"), (".", "/"), ("./", "/"), ("/", "/"), ("a", "/a"), ("./a/b/", "/a/b"), ("//a//./b", "/a/b"),
    ("../a", "/a"), ("/../../a", "/a"), ("a/../b", "/b"), ("a/b/../../..", "/"), ("a/..b", "/a/..b"), ("...", "/..."),
    ("a/.b", "/a/.b"), ("a/b/..", "/a"),
  ])
  func `tar names are normalised inside the root`(name: String, expected: String) {
    #expect(EntryPath(name)?.description == expected)
  }

  @Test func `names that no file system takes are refused`() {
    #expect(EntryPath("a\0b") == nil)
    #expect(EntryPath(String(repeating: "a", count: 5000)) == nil)
    #expect(EntryPath(String(repeating: "a/", count: 512)) != nil)
    #expect(EntryPath(String(repeating: "a/", count: 513)) == nil)
    #expect(EntryPath(String(repeating: "x/../", count: 10_000)) == .root)
  }

  @Test func `bytes that are not text survive`() {
    let path = EntryPath(tarName: [0x61, 0x2F, 0xFF, 0xC0])
    #expect(path?.bytes == [0x61, 0x2F, 0xFF, 0xC0])
  }

  @Test func `a directory comes before what it holds and that stays together`() {
    let sorted = ["", "a", "a/b", "a/b/c", "a/c", "a!", "a.b", "a0", "b"].map { path($0) }
    #expect(sorted.shuffled().sorted() == sorted)
  }

  @Test func `parents, names and relations`() {
    let deep = path("usr/lib/x")
    #expect(deep.parent == path("usr/lib"))
    #expect(path("usr").parent == .root)
    #expect(EntryPath.root.parent == nil)
    #expect(Array(deep.name) == Array("x".utf8))
    #expect(deep.isDescendant(of: path("usr")) && deep.isDescendant(of: .root))
    #expect(!path("usrlib").isDescendant(of: path("usr")) && !deep.isDescendant(of: deep))
    #expect(deep.relative(to: path("usr")) == path("lib/x"))
    #expect(deep.relative(to: .root) == deep && deep.relative(to: deep) == .root)
    #expect(deep.relative(to: path("var")) == nil)
    #expect(path("usr").appending(path("lib/x")) == deep && EntryPath.root.appending(deep) == deep)
    #expect(path("usr/lib").appending(name: "x".utf8) == deep)
  }
}
