import Layers
import Testing

/// Cases of containerd, umoci, containers/storage and filepath-securejoin on the merged view.
@Suite struct TreeConformanceTests {
  struct Whiteouts: Decodable {
    struct Opaque: Decodable {
      struct Entry: Decodable {
        let name: String
        let type: String
        let layer: String
        let survives: Bool
        let link: String?
      }
      struct Case: Decodable {
        let id: String
        let entries: [Entry]
      }
      let cases: [Case]
    }
    struct Simple: Decodable {
      struct Case: Decodable {
        let id: String
        let path: String
        let dir: Bool
      }
      let cases: [Case]
    }
    struct Sequence: Decodable { let layers: [[[String]]] }
    struct Nested: Decodable { let entries: [String] }
    let opaque: Opaque
    let simple: Simple
    let sequence: Sequence
    let nested: Nested
  }

  static func add(_ name: String, _ type: String, _ link: String?, to tar: inout TestTar) {
    let flags: [String: Character] = ["dir": "5", "symlink": "2", "hardlink": "1", "fifo": "6"]
    tar.add(name.utf8, type: flags[type] ?? "0", link: (link ?? "").utf8)
  }

  static func index(_ tar: TestTar) throws -> LayerIndex { try LayerIndex.read(from: MemorySource(tar.finished())) }

  @Test func `opaque directories hide what is below and nothing else`() throws {
    for test in try Fixture.json("whiteouts.json", as: Whiteouts.self).opaque.cases {
      var lower = TestTar()
      var upper = TestTar()
      lower.add("test-subdir/".utf8, type: "5")
      for entry in test.entries {
        if entry.layer == "lower" { Self.add("test-subdir/" + entry.name, entry.type, entry.link, to: &lower) }
        if entry.layer == "upper" { Self.add("test-subdir/" + entry.name, entry.type, entry.link, to: &upper) }
      }
      upper.add("test-subdir/.wh..wh..opq".utf8)
      let tree = try Tree([Self.index(lower), Self.index(upper)])
      #expect(tree.lookup(path("test-subdir"))?.entry.isDirectory == true, "\(test.id)")
      for entry in test.entries where !entry.name.contains(".wh.") {
        let exists = tree.lookup(path("test-subdir/" + entry.name)) != nil
        #expect(exists == entry.survives, "\(test.id): \(entry.name)")
      }
    }
  }

  @Test func `whiteouts take away files and whole directories`() throws {
    for test in try Fixture.json("whiteouts.json", as: Whiteouts.self).simple.cases {
      var lower = TestTar()
      lower.add((test.path + (test.dir ? "/" : "")).utf8, type: test.dir ? "5" : "0")
      if test.dir { for name in ["file1", "file2", ".subdir/file3"] { lower.add("\(test.path)/\(name)".utf8) } }
      let gone = path(test.path)
      let upper = LayerIndex([.whiteout(gone)])
      let tree = try Tree([Self.index(lower), upper])
      #expect(try Tree([Self.index(lower)]).lookup(gone) != nil && tree.lookup(gone) == nil, "\(test.id)")
      #expect(try #require(gone.parent).isRoot || tree.lookup(gone.parent ?? .root) != nil, "\(test.id)")
    }
  }

  @Test func `a sequence of layers, listed after each`() throws {
    var tree = Tree()
    for layer in try Fixture.json("whiteouts.json", as: Whiteouts.self).sequence.layers {
      var tar = TestTar()
      for name in layer[0] { Self.add(name, name.hasSuffix("/") ? "dir" : "file", nil, to: &tar) }
      tree = try tree.appending(Self.index(tar))
      #expect(TreeTests.listing(tree) == layer[1].sorted { path($0) < path($1) })
    }
  }

  @Test func `a whiteout inside of a whiteout is no error`() throws {
    var tar = TestTar()
    for name in try Fixture.json("whiteouts.json", as: Whiteouts.self).nested.entries { tar.add(name.utf8) }
    #expect(try Tree([Self.index(tar)]).lookup(path("foo/bar")) == nil)
  }

  struct Breakouts: Decodable {
    struct Item: Decodable {
      let name: String?
      let path: String?
      let type: String
      let link: String?
      let content: String?
    }
    struct Check: Decodable {
      let check: String
      let path: String?
      let content: String?
      let a: String?
      let b: String?
    }
    struct Case: Decodable {
      let id: String
      let expect: String
      let initial: [Item]?
      let entries: [Item]
      let checks: [Check]?
    }
    let cases: [Case]
  }

  @Test func `archives made to break out are refused or stay inside`() throws {
    var checked = 0
    for test in try Fixture.json("breakout_root.json", as: Breakouts.self).cases {
      func archive(_ items: [Breakouts.Item]) -> TestTar {
        var tar = TestTar()
        let flags: [String: Character] = ["dir": "5", "symlink": "2", "hardlink": "1", "fifo": "6"]
        for item in items {
          let name = item.name ?? item.path ?? ""
          tar.add(
            name.utf8, type: flags[item.type] ?? "0", link: (item.link ?? "").utf8,
            content: Array((item.content ?? "").utf8))
        }
        return tar
      }
      let tree: Tree
      do {
        tree = try Tree([Self.index(archive(test.initial ?? [])), Self.index(archive(test.entries))])
      } catch let error as LayerError {
        // Stricter than containerd: a link in the place of the root, and a link to a file that comes later in the archive.
        let stricter = ["containerd-SymlinkEmptyFilename"]
        #expect(test.expect == "refused" || stricter.contains(test.id), "\(test.id): \(error)")
        continue
      }
      #expect(test.expect == "extracted", "\(test.id)")
      for check in test.checks ?? [] { checked += try Self.holds(check, tree, test.id) ? 1 : 0 }
    }
    #expect(checked > 10)
  }

  /// Whether the check is one about the merged view; fails the test when it does not hold.
  private static func holds(_ check: Breakouts.Check, _ tree: Tree, _ id: String) throws -> Bool {
    func entry(_ name: String?) throws -> TreeEntry? { try tree.resolve((name ?? "").utf8).entry }
    switch check.check {
    case "file_bytes":
      #expect(
        try entry(check.path)?.entry.contentDigest == LayerWriterTests.sha256(Array((check.content ?? "").utf8)),
        "\(id)")
    case "absent": #expect(try entry(check.path) == nil, "\(id)")
    case "same_inode_in_root":
      let first = try entry(check.a)
      let second = try entry(check.b)
      #expect(first != nil && first?.source == second?.source && first?.layer == second?.layer, "\(id)")
    case "different_inode_in_root":
      let first = try entry(check.a)
      let second = try entry(check.b)
      #expect(
        first != nil && second != nil && (first?.source != second?.source || first?.layer != second?.layer), "\(id)")
    default: return false
    }
    return true
  }

  struct InRoot: Decodable {
    struct Case: Decodable {
      let tree: String
      let path: String
      let join: String?
      let join_error: String?
      let openat2: String?
    }
    let trees: [String: [String]]
    let cases: [Case]
  }

  @Test func `paths resolve as the kernel resolves them in a root`() throws {
    let all = try Fixture.json("in_root.json", as: InRoot.self)
    for test in all.cases {
      let entries = try #require(all.trees[test.tree]).map { line in
        let words = line.split(separator: " ").map(String.init)
        return switch words[0] {
        case "dir": directory(words[1])
        case "symlink": symlink(words[1], words[2])
        case "fifo": LayerEntry(path: path(words[1]), kind: .fifo, mode: 0o644)
        default: file(words[1])
        }
      }
      let tree = try Tree([LayerIndex(entries)])
      guard let join = test.join else {
        #expect(test.join_error == "ELOOP")
        #expect(throws: LayerError.self, "\(test.path)") { try tree.resolve(test.path.utf8) }
        continue
      }
      let resolution = try tree.resolve(test.path.utf8)
      #expect(resolution.path == path(join), "\(test.tree): \(test.path)")
      #expect((resolution.entry != nil) == (test.openat2 != nil), "\(test.tree): \(test.path)")
    }
    #expect(all.cases.count > 40)
  }

  @Test func `the last link is left alone on request`() throws {
    let tree = try Tree([LayerIndex([directory("d"), symlink("l", "/d"), symlink("m", "l")])])
    #expect(try tree.resolve(path("m"), followLast: false).path == path("m"))
    #expect(try tree.resolve("m/".utf8, followLast: false).path == path("d"))
    #expect(try tree.resolve("m/..".utf8, followLast: false).path == .root)
    #expect(try tree.resolve("m/new/file".utf8, followLast: false).path == path("d/new/file"))
  }
}
