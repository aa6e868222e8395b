import Dockerfile
import Layers
import Linux
import OCI
import Testing

@testable import Execution

/// Trees written down as lines: `dir/`, `file`, `link -> target`; a line may end with ` MODE UID:GID`.
private func tree(_ layers: [String]...) throws -> Tree {
  try Tree(layers.map { LayerIndex($0.map(entry)) })
}

private func entry(_ line: String) -> LayerEntry {
  let link = line.split(separator: " -> ").map(String.init)
  if link.count == 2 {
    return LayerEntry(path: EntryPath(link[0])!, kind: .symlink(target: Array(link[1].utf8)), mode: 0o777)
  }
  let names = line.split(separator: " = ").map(String.init)
  if names.count == 2 {
    return LayerEntry(path: EntryPath(names[0])!, kind: .hardLink(EntryPath(names[1])!), mode: 0o644)
  }
  let words = line.split(separator: " ").map(String.init)
  let isDirectory = words[0].hasSuffix("/")
  let mode = words.count > 1 ? UInt16(words[1], radix: 8)! : isDirectory ? 0o755 : 0o644
  let owner = words.count > 2 ? words[2].split(separator: ":").map { UInt32($0)! } : [0, 0]
  let digest = Digest(sha256: [UInt8](repeating: UInt8(words[0].utf8.count), count: 32))
  return LayerEntry(
    path: EntryPath(words[0])!, kind: isDirectory ? .directory : .file(size: 1, digest: digest), mode: mode,
    uid: owner[0], gid: owner[1], modified: Timestamp(seconds: 50))
}

private struct NoContents: FileContents {
  func withContent(of entry: TreeEntry, _ body: (FileContent) throws -> Void) throws {}
}

/// One COPY worked out on trees.
private struct Copy {
  var sources: [String]
  var destination: String
  var workingDirectory = "/"
  var uid: UInt32 = 0
  var gid: UInt32 = 0
  var mode: String?
  var keepsOwners = false
  var keepsHardLinks = true
  var keepsParents = false
  var excludes: [String] = []
  /// Whether the source is an archive that names all of the tree.
  var members: [String]?

  private var rules: CopyRules {
    get throws { CopyRules(keepsParents: keepsParents, excludes: try IgnorePatterns(excludes, origin: "test")) }
  }

  func plan(_ from: Tree, onto target: Tree) throws -> (CopyPlan, [CopySource]) {
    let request = CopyPlan.Request(
      destination: destination, workingDirectory: workingDirectory, hasSeveralSources: sources.count > 1, uid: uid,
      gid: gid, mode: mode.flatMap(ModeChange.init), time: Timestamp(seconds: 100))
    let selections = try sources.flatMap { try from.matches(of: $0, rules) }
    let source = CopySource(
      tree: from, selections: selections, contents: NoContents(), keepsOwners: keepsOwners,
      keepsHardLinks: keepsHardLinks, members: members.map { Set($0.compactMap { EntryPath($0) }) })
    return (try CopyPlan(request, from: [source], onto: target), [source])
  }

  /// The new layer in the notation of the trees.
  func lines(_ from: Tree, onto target: Tree = Tree()) throws -> [String] {
    let (plan, sources) = try plan(from, onto: target)
    return plan.entries(sources).map { entry, item in
      let path = String(decoding: entry.path.bytes, as: UTF8.self)
      let owner = "\(String(entry.mode, radix: 8)) \(entry.uid):\(entry.gid)"
      switch entry.kind {
      case .symlink(let link): return "\(path) -> \(String(decoding: link, as: UTF8.self))"
      case .hardLink(let other): return "\(path) = \(String(decoding: other.bytes, as: UTF8.self))"
      case .directory: return "\(path)/ \(owner)"
      default:
        let origin = item.origin.map { String(decoding: $0.source.bytes, as: UTF8.self) } ?? ""
        return "\(path) \(owner) < \(origin)"
      }
    }
  }
}

/// What is copied from in most of the tests.
private let context = [
  "a", "b", "dir/", "dir/one", "dir/sub/ 700", "dir/sub/two 755", "empty/", "x.txt", "y.txt", "tool 755",
  "link -> dir", "dangling -> nowhere", "to-file -> a", "links/", "links/inner -> dir",
]

@Suite("plans of copies")
struct CopyPlanTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var sources: [String]
    var destination: String
    var workingDirectory = "/"
    var target: [String] = []
    var expected: [String]
    var testDescription: String { "COPY \(sources.joined(separator: " ")) \(destination) on \(target)" }
  }

  static let rows: [Row] = [
    // A file to a path that is not there is that path; with a slash, or where a directory is, it goes inside.
    Row(sources: ["a"], destination: "/b", expected: ["b 644 0:0 < a"]),
    Row(sources: ["a"], destination: "/", expected: ["a 644 0:0 < a"]),
    Row(sources: ["a"], destination: "/d/", expected: ["d/ 755 0:0", "d/a 644 0:0 < a"]),
    Row(sources: ["a"], destination: "/d", target: ["d/ 711"], expected: ["d/a 644 0:0 < a"]),
    Row(sources: ["a"], destination: "/p/q/r", expected: ["p/ 755 0:0", "p/q/ 755 0:0", "p/q/r 644 0:0 < a"]),
    Row(sources: ["a"], destination: "/f", target: ["f 600 1:1"], expected: ["f 644 0:0 < a"]),
    Row(
      sources: ["tool"], destination: "/usr/bin/", target: ["usr/", "usr/bin/"],
      expected: ["usr/bin/tool 755 0:0 < tool"]),
    // Relative destinations start at the working directory.
    Row(sources: ["a"], destination: ".", workingDirectory: "/w", expected: ["w/ 755 0:0", "w/a 644 0:0 < a"]),
    Row(sources: ["a"], destination: "x", workingDirectory: "/w", expected: ["w/ 755 0:0", "w/x 644 0:0 < a"]),
    Row(
      sources: ["a"], destination: "../x", workingDirectory: "/w/v", target: ["w/", "w/v/"],
      expected: ["w/x 644 0:0 < a"]),
    Row(sources: ["a"], destination: "/w/..", target: ["w/"], expected: ["a 644 0:0 < a"]),
    Row(sources: ["a"], destination: "/../../etc/x", expected: ["etc/ 755 0:0", "etc/x 644 0:0 < a"]),
    // A directory gives its content, with or without a slash behind either.
    Row(
      sources: ["dir"], destination: "/d",
      expected: ["d/ 755 0:0", "d/one 644 0:0 < dir/one", "d/sub/ 700 0:0", "d/sub/two 755 0:0 < dir/sub/two"]),
    Row(
      sources: ["dir/"], destination: "/d/", target: ["d/ 711", "d/one", "d/other"],
      expected: ["d/one 644 0:0 < dir/one", "d/sub/ 700 0:0", "d/sub/two 755 0:0 < dir/sub/two"]),
    Row(sources: ["empty"], destination: "/e", expected: ["e/ 755 0:0"]),
    Row(sources: ["empty"], destination: "/", expected: []),
    Row(sources: ["dir/sub"], destination: "/d/", expected: ["d/ 755 0:0", "d/two 755 0:0 < dir/sub/two"]),
    // Wildcards.
    Row(
      sources: ["*.txt"], destination: "/t/",
      expected: ["t/ 755 0:0", "t/x.txt 644 0:0 < x.txt", "t/y.txt 644 0:0 < y.txt"]),
    Row(sources: ["?.txt"], destination: "/", expected: ["x.txt 644 0:0 < x.txt", "y.txt 644 0:0 < y.txt"]),
    Row(sources: ["[x-z].txt"], destination: "/", expected: ["x.txt 644 0:0 < x.txt", "y.txt 644 0:0 < y.txt"]),
    Row(sources: ["[^x].txt"], destination: "/n", expected: ["n 644 0:0 < y.txt"]),
    Row(
      sources: ["dir/*"], destination: "/d/",
      expected: ["d/ 755 0:0", "d/one 644 0:0 < dir/one", "d/two 755 0:0 < dir/sub/two"]),
    Row(sources: ["d*/sub/t*"], destination: "/d/", expected: ["d/ 755 0:0", "d/two 755 0:0 < dir/sub/two"]),
    // Several sources, later ones over earlier ones.
    Row(sources: ["a", "b"], destination: "/d/", expected: ["d/ 755 0:0", "d/a 644 0:0 < a", "d/b 644 0:0 < b"]),
    Row(
      sources: ["dir", "a"], destination: "/d/",
      expected: [
        "d/ 755 0:0", "d/a 644 0:0 < a", "d/one 644 0:0 < dir/one", "d/sub/ 700 0:0", "d/sub/two 755 0:0 < dir/sub/two",
      ]),
    // Links in the source are followed when they are named, and copied as links when they are found.
    Row(sources: ["to-file"], destination: "/f", expected: ["f 644 0:0 < a"]),
    Row(sources: ["to-file"], destination: "/d/", expected: ["d/ 755 0:0", "d/to-file 644 0:0 < a"]),
    Row(
      sources: ["link"], destination: "/d",
      expected: ["d/ 755 0:0", "d/one 644 0:0 < dir/one", "d/sub/ 700 0:0", "d/sub/two 755 0:0 < dir/sub/two"]),
    Row(sources: ["link/sub/two"], destination: "/t", expected: ["t 755 0:0 < dir/sub/two"]),
    // Links in the destination are followed inside the image.
    Row(
      sources: ["a"], destination: "/lib/", target: ["lib -> usr/lib", "usr/", "usr/lib/"],
      expected: ["usr/lib/a 644 0:0 < a"]),
    Row(
      sources: ["a"], destination: "/lib", target: ["lib -> usr/lib", "usr/", "usr/lib/"],
      expected: ["usr/lib/a 644 0:0 < a"]),
    Row(
      sources: ["a"], destination: "/lib/x/y", target: ["lib -> /usr/lib", "usr/", "usr/lib/"],
      expected: ["usr/lib/x/ 755 0:0", "usr/lib/x/y 644 0:0 < a"]),
    Row(
      sources: ["a"], destination: "/l/x", target: ["l -> ../../../etc", "etc/"], expected: ["etc/x 644 0:0 < a"]),
    Row(
      sources: ["a"], destination: "/new", target: ["new -> missing/deep"],
      expected: ["missing/ 755 0:0", "missing/deep 644 0:0 < a"]),
    // A directory over a link to one takes the link's place, and a link that of a directory.
    Row(
      sources: ["dir"], destination: "/d/", target: ["d/", "d/sub -> ../real", "real/ 711", "real/old"],
      expected: ["d/one 644 0:0 < dir/one", "d/sub/ 700 0:0", "d/sub/two 755 0:0 < dir/sub/two"]),
    Row(
      sources: ["links"], destination: "/", target: ["inner/", "inner/old"], expected: ["inner -> dir"]),
    // A file over a link replaces the link, not what it leads to.
    Row(
      sources: ["dir"], destination: "/d/", target: ["d/", "d/one -> /etc/passwd", "d/sub/"],
      expected: ["d/one 644 0:0 < dir/one", "d/sub/ 700 0:0", "d/sub/two 755 0:0 < dir/sub/two"]),
  ]

  @Test("destinations, directories, wildcards and links", arguments: rows)
  func table(row: Row) throws {
    let copy = Copy(sources: row.sources, destination: row.destination, workingDirectory: row.workingDirectory)
    #expect(try copy.lines(tree(context), onto: tree(row.target)) == row.expected)
  }

  @Test("the whole context keeps links as links")
  func everything() throws {
    let lines = try Copy(sources: ["."], destination: "/").lines(tree(context))
    #expect(lines.contains("link -> dir"))
    #expect(lines.contains("dangling -> nowhere"))
    #expect(lines.count == context.count)
  }

  @Test("a directory is made once for all that goes into it, by the owner of the copy")
  func parents() throws {
    let copy = Copy(sources: ["a", "dir"], destination: "/p/q/", uid: 7, gid: 8)
    let lines = try copy.lines(tree(context))
    #expect(lines.prefix(3) == ["p/ 755 7:8", "p/q/ 755 7:8", "p/q/a 644 7:8 < a"])
    #expect(lines.allSatisfy { $0.contains(" 7:8") })
  }

  @Test("times are those of the sources up to the source date epoch; what is made gets that")
  func times() throws {
    let late = LayerEntry(
      path: EntryPath("late")!, kind: .file(size: 0, digest: nil), mode: 0o644, modified: Timestamp(seconds: 900))
    let from = try Tree([LayerIndex([entry("a"), late])])
    let (plan, _) = try Copy(sources: ["a", "late"], destination: "/d/").plan(from, onto: Tree())
    let times = plan.items.values.map { "\($0.entry.path) \($0.entry.modified.seconds)" }.sorted()
    #expect(times == ["/d 100", "/d/a 50", "/d/late 100"])
  }

  @Test(
    "--chmod",
    arguments: [
      ("640", ["d/ 640 0:0", "d/one 640 0:0", "d/sub/ 640 0:0", "d/sub/two 640 0:0"]),
      ("4755", ["d/ 4755 0:0", "d/one 4755 0:0", "d/sub/ 4755 0:0", "d/sub/two 4755 0:0"]),
      ("u=rwX,go=", ["d/ 700 0:0", "d/one 600 0:0", "d/sub/ 700 0:0", "d/sub/two 700 0:0"]),
      ("g+w", ["d/ 775 0:0", "d/one 664 0:0", "d/sub/ 720 0:0", "d/sub/two 775 0:0"]),
      ("go-rx", ["d/ 700 0:0", "d/one 600 0:0", "d/sub/ 700 0:0", "d/sub/two 700 0:0"]),
    ])
  func chmod(mode: String, expected: [String]) throws {
    let lines = try Copy(sources: ["dir"], destination: "/d", mode: mode).lines(tree(context))
    #expect(lines.map { String($0.prefix { $0 != "<" }).trimmingEnd() } == expected)
  }

  @Test("--chmod leaves links alone")
  func chmodLinks() throws {
    let (plan, _) = try Copy(sources: ["."], destination: "/", mode: "600").plan(tree(["l -> a"]), onto: Tree())
    #expect(plan.items.values.map(\.entry.mode) == [0o777])
  }

  @Test("an archive keeps its owners")
  func owners() throws {
    let from = try tree(["f 600 5:6"])
    #expect(try Copy(sources: ["."], destination: "/", keepsOwners: true).lines(from) == ["f 600 5:6 < f"])
    #expect(try Copy(sources: ["."], destination: "/", uid: 1, gid: 2).lines(from) == ["f 600 1:2 < f"])
  }

  @Test("names of one file of an image stay names of one file, whichever of them is copied")
  func hardLinks() throws {
    let from = try tree(["a", "b = a", "c = a", "d/"])
    #expect(
      try Copy(sources: ["."], destination: "/x/").lines(from).dropFirst().map { String($0.prefix(9)) }
        == ["x/a 644 0", "x/b = x/a", "x/c = x/a", "x/d/ 755 "])
    #expect(try Copy(sources: ["c"], destination: "/").lines(from) == ["c 644 0:0 < a"])
    #expect(try Copy(sources: ["c", "b"], destination: "/").lines(from) == ["b 644 0:0 < a", "c = b"])
    let apart = Copy(sources: ["."], destination: "/", keepsHardLinks: false)
    #expect(try apart.lines(from).filter { $0.contains(" = ") } == [])
  }

  @Test("files that differ only between layers are different files")
  func layers() throws {
    let from = try tree(["a"], ["b = a", "a"])
    let lines = try Copy(sources: ["."], destination: "/").lines(from)
    #expect(lines.count == 2)
  }
}

@Suite("copies that cannot be")
struct CopyErrorTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var sources: [String]
    var destination: String
    var target: [String] = []
    var error: CopyError
    var testDescription: String { "COPY \(sources.joined(separator: " ")) \(destination) on \(target)" }
  }

  static let rows: [Row] = [
    Row(sources: ["missing"], destination: "/", error: .sourceNotFound("missing", ignored: false)),
    Row(sources: ["dangling"], destination: "/", error: .sourceNotFound("dangling", ignored: false)),
    Row(sources: ["a/b"], destination: "/", error: .sourceNotFound("a/b", ignored: false)),
    Row(sources: ["*.c"], destination: "/", error: .nothingMatches("*.c")),
    Row(sources: ["a["], destination: "/", error: .malformedPattern("a[")),
    Row(sources: ["dir"], destination: "/f", target: ["f"], error: .directoryOverFile(EntryPath("f")!)),
    Row(sources: ["a"], destination: "/f/", target: ["f"], error: .directoryOverFile(EntryPath("f")!)),
    Row(
      sources: ["dir"], destination: "/d", target: ["d/", "d/one/"], error: .fileOverDirectory(EntryPath("d/one")!)),
    Row(sources: ["dir"], destination: "/d", target: ["d/", "d/sub"], error: .directoryOverFile(EntryPath("d/sub")!)),
  ]

  @Test("each error names what is wrong", arguments: rows)
  func errors(row: Row) throws {
    #expect(throws: row.error) {
      _ = try Copy(sources: row.sources, destination: row.destination).lines(tree(context), onto: tree(row.target))
    }
  }

  @Test("a destination that leads through a file, or in a circle, is an error of the layers")
  func destinations() throws {
    let target = try tree(["f", "loop -> loop"])
    for destination in ["/f/x/y", "/loop/x"] {
      #expect(throws: (any Error).self) {
        _ = try Copy(sources: ["a"], destination: destination).lines(tree(context), onto: target)
      }
    }
  }

  @Test(
    "messages",
    arguments: [
      (CopyError.sourceNotFound("a", ignored: false), "`a` does not exist"),
      (.sourceNotFound("a", ignored: true), "`a` does not exist, or the ignore file leaves it out"),
      (.fileOverDirectory(EntryPath("d/x")!), "cannot put a file at /d/x, which is a directory"),
      (.unknownUser("u"), "no user `u` in the image's /etc/passwd"),
    ])
  func messages(error: CopyError, text: String) { #expect("\(error)" == text) }
}

@Suite("wildcards of one name")
struct CopyPatternTests {
  @Test(
    "what Go's path.Match takes",
    arguments: [
      ("abc", "abc", true), ("*", "abc", true), ("*c", "abc", true), ("a*", "a", true), ("a*", "abc", true),
      ("a*b*c*d*e*", "axbxcxdxe", true), ("a*b*c*d*e*", "axbxcxdxexxx", true), ("a*b?c*x", "abxbbxdbxebxczzx", true),
      ("a*b?c*x", "abxbbxdbxebxczzy", false), ("ab[c]", "abc", true), ("ab[b-d]", "abc", true),
      ("ab[e-g]", "abc", false), ("ab[^c]", "abc", false), ("ab[^e-g]", "abc", true), ("a\\*b", "a*b", true),
      ("a\\*b", "ab", false), ("[a-ζ]*", "abc", true), ("*a", "", false), ("[\\]a]", "]", true), ("[\\-]", "-", true),
      ("[x\\-]", "x", true), ("[x\\-]", "-", true), ("[x\\-]", "z", false), ("*x", "xxx", true), ("", "", true),
    ])
  func matches(pattern: String, name: String, expected: Bool) throws {
    #expect(try #require(NamePattern(pattern.utf8)).matches(Array(name.utf8)) == expected)
  }

  @Test("malformed", arguments: ["[", "[^", "[^bc", "a[", "a\\", "[]a]", "[-]", "[x-]", "[-x]", "[a-b-c]", "[b-a]"])
  func malformed(pattern: String) { #expect(NamePattern(pattern.utf8) == nil) }

  @Test("a pattern of stars against a long name is done in no time")
  func stars() throws {
    let pattern = try #require(NamePattern(String(repeating: "*a", count: 200).utf8))
    #expect(!pattern.matches([UInt8](repeating: UInt8(ascii: "a"), count: 4000) + [UInt8(ascii: "b")]))
  }
}

extension String {
  fileprivate func trimmingEnd() -> String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }
}
