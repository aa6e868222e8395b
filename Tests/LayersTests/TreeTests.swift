import Layers
import OCI
import TestSupport
import Testing

@Suite struct TreeTests {
  static func tree(_ layers: [LayerEntry]...) throws -> Tree { try Tree(layers.map { LayerIndex($0) }) }

  /// Paths in order, directories with a closing slash, as in the cases of other projects.
  static func listing(_ tree: Tree) -> [String] {
    tree.descendants().map { $0.path.description.dropFirst() + ($0.entry.isDirectory ? "/" : "") }
  }

  @Test func `upper layers add, replace and hide`() throws {
    let tree = try Self.tree(
      [directory("etc"), file("etc/a", size: 1), file("etc/b", size: 1), directory("var"), file("var/x")],
      [directory("etc", mode: 0o700), file("etc/a", size: 2), .whiteout(path("etc/b")), file("var"), directory("new")])
    #expect(Self.listing(tree) == ["etc/", "etc/a", "new/", "var"])
    #expect(tree.lookup(path("etc"))?.entry.mode == 0o700)
    #expect(tree.lookup(path("etc/a")).map { ($0.entry.size, $0.layer) } ?? (0, 0) == (2, 1))
    #expect(tree.lookup(path("etc/b")) == nil && tree.lookup(path("var/x")) == nil)
    #expect(tree.children(of: .root).map(\.path) == ["etc", "new", "var"].map { path($0) })
    #expect(tree.children(of: path("var")).isEmpty && tree.lookup(.root)?.entry.isDirectory == true)
  }

  @Test func `an empty tree is a root directory`() throws {
    #expect(Tree().lookup(.root)?.layer == -1 && Tree().descendants().isEmpty)
    #expect(try Tree().resolve("/".utf8).entry?.path == .root)
    let tree = try Self.tree([directory("", mode: 0o711)])
    #expect(tree.lookup(.root)?.entry.mode == 0o711 && tree.layerCount == 1)
  }

  @Test func `a whiteout and an entry of the same name replace what was there`() throws {
    let tree = try Self.tree([directory("d"), file("d/old")], [.whiteout(path("d")), directory("d"), file("d/new")])
    #expect(Self.listing(tree) == ["d/", "d/new"])
  }

  @Test func `an earlier tree stays as it was`() throws {
    let first = try Self.tree([directory("a"), file("a/x")])
    let second = try first.appending(LayerIndex([.whiteout(path("a/x")), file("a/y")]))
    #expect(Self.listing(first) == ["a/", "a/x"] && Self.listing(second) == ["a/", "a/y"])
  }

  @Test func `hard links are the file, in this layer and from below`() throws {
    let tree = try Self.tree(
      [file("z", size: 5, mode: 0o711), hardLink("a", "b"), hardLink("b", "z")],
      [hardLink("c", "z"), file("z", size: 9)], [.whiteout(path("z"))])
    #expect(Self.listing(tree) == ["a", "b", "c"])
    let found = try #require(tree.lookup(path("a")))
    #expect(found.entry.size == 5 && found.entry.mode == 0o711 && found.source == path("z") && found.layer == 0)
    #expect(tree.lookup(path("c")).map { ($0.entry.size, $0.layer) } ?? (0, 0) == (9, 1))
    #expect(throws: LayerError.missingLinkTarget(path("a"), target: path("b"))) { try Self.tree([hardLink("a", "b")]) }
    #expect(throws: LayerError.missingLinkTarget(path("a"), target: path("d"))) {
      try Self.tree([directory("d"), hardLink("a", "d")])
    }
    #expect(throws: LayerError.tooManyLinks(path("a"))) { try Self.tree([hardLink("a", "b"), hardLink("b", "a")]) }
  }

  @Test func `parents that are links are followed, in one layer and in those below`() throws {
    let tree = try Self.tree(
      [directory("usr"), directory("usr/lib"), symlink("lib", "usr/lib"), file("lib/own", size: 1)],
      [file("lib/upper", size: 2), hardLink("lib/twin", "lib/own")], [.whiteout(path("lib/own"))],
      [.opaque(path("lib")), file("lib/last")])
    #expect(Self.listing(tree) == ["lib", "usr/", "usr/lib/", "usr/lib/last"])
    #expect(tree.lookup(path("usr/lib/last"))?.source == path("lib/last"))
    let before = try Self.tree(
      [directory("usr"), directory("usr/lib"), symlink("lib", "usr/lib"), file("lib/own", size: 1)],
      [file("lib/upper", size: 2), hardLink("lib/twin", "lib/own")])
    #expect(Self.listing(before) == ["lib", "usr/", "usr/lib/", "usr/lib/own", "usr/lib/twin", "usr/lib/upper"])
  }

  @Test func `a directory in an upper layer replaces a link`() throws {
    let tree = try Self.tree([directory("real"), symlink("d", "real")], [directory("d"), file("d/x")])
    #expect(Self.listing(tree) == ["d/", "d/x", "real/"])
  }

  @Test func `layers that cannot be unpacked are errors`() {
    #expect(throws: LayerError.notADirectory(path("f"))) { try Self.tree([file("f")], [file("f/x")]) }
    #expect(throws: LayerError.self) { try Self.tree([symlink("a", "b"), symlink("b", "a"), file("a/x")]) }
    #expect(throws: LayerError.notADirectory(path("f"))) { try Self.tree([file("f"), symlink("l", "f"), file("l/x")]) }
  }

  @Test func `the deepest path there is does not exhaust a thread's stack`() async throws {
    let deep = path(String(repeating: "a/", count: 511) + "b")
    let size = try await inTemporaryDirectory { _ in
      let tree = try Self.tree([LayerEntry(path: deep, kind: .file(size: 7, digest: nil), mode: 0o644)])
      return tree.lookup(deep)?.entry.size
    }
    #expect(size == 7)
  }

  @Test(arguments: UInt64(1)...12)
  func `random layers merge as a plain model says`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var model: [EntryPath: LayerEntry] = [:]
    var tree = Tree()
    for _ in 0..<8 {
      let layer = LayerIndex(Self.randomLayer(&generator))
      tree = try tree.appending(layer)
      Self.apply(layer, to: &model)
      let expected = model.values.sorted { $0.path < $1.path }
      #expect(tree.descendants().map(\.entry) == expected)
      for entry in expected { #expect(tree.lookup(entry.path)?.entry == entry) }
    }
  }

  /// Entries over a handful of names, with every directory named that something is in.
  private static func randomLayer(_ generator: inout SeededGenerator) -> [LayerEntry] {
    var entries: [EntryPath: LayerEntry] = [:]
    var marks: [LayerEntry] = []
    for _ in 0..<12 {
      var place = EntryPath.root
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        if !place.isRoot { entries[place] = LayerEntry(path: place, kind: .directory, mode: 0o755) }
        place = place.appending(name: (["a", "b", "c"].randomElement(using: &generator) ?? "a").utf8)
      }
      switch Int.random(in: 0..<5, using: &generator) {
      case 0: marks.append(.whiteout(place))
      case 1:
        marks.append(.opaque(place))
        entries[place] = LayerEntry(path: place, kind: .directory, mode: 0o711)
      case 2: entries[place] = LayerEntry(path: place, kind: .directory, mode: 0o700)
      default:
        entries[place] = LayerEntry(
          path: place, kind: .file(size: Int64.random(in: 0...9, using: &generator), digest: nil), mode: 0o644)
      }
    }
    // What is below a file cannot be unpacked.
    let files = entries.values.filter { !$0.isDirectory }.map(\.path)
    let all = Array(entries.values) + marks
    return all.filter { entry in
      !files.contains { entry.path.isDescendant(of: $0) || (entry.kind == .opaque && entry.path == $0) }
    }
  }

  /// The rules of the specification without any structure: marks first, as they concern the layers below only.
  private static func apply(_ layer: LayerIndex, to model: inout [EntryPath: LayerEntry]) {
    func remove(_ path: EntryPath, itself: Bool) {
      model = model.filter { !$0.key.isDescendant(of: path) && !(itself && $0.key == path) }
    }
    for entry in layer.entries where entry.kind == .whiteout { remove(entry.path, itself: true) }
    for entry in layer.entries where entry.kind == .opaque { remove(entry.path, itself: false) }
    // Also a whiteout needs its directory to be there.
    for entry in layer.entries where entry.isMark {
      var above = entry.path.parent
      while let place = above, !place.isRoot {
        if model[place]?.isDirectory != true, layer[place] == nil {
          model[place] = LayerEntry(path: place, kind: .directory, mode: 0o755)
        }
        above = place.parent
      }
    }
    for entry in layer.entries where !entry.isMark {
      if !entry.isDirectory || model[entry.path]?.isDirectory != true { remove(entry.path, itself: true) }
      model[entry.path] = entry
    }
  }
}
