import Content
import Diagnostics
import Dockerfile
import Layers
import Linux
import OCI
import SystemPackage
import Testing

@testable import Execution

@Suite("scans of a build context")
struct ContextScannerTests {
  private static let time = Timestamp(seconds: 1_234_567_890)

  private func scanner(_ bench: Workbench, ignoring patterns: String? = nil) throws -> ContextScanner {
    let ignore = try patterns.map { (text) throws(DiagnosticsError) in
      try IgnorePatterns(parsing: SourceFile(name: ".dockerignore", bytes: Array(text.utf8)))
    }
    return ContextScanner(
      root: bench.context, records: bench.store.records, time: Self.time, ignoring: ignore)
  }

  /// `path/`, `path` or `path -> target` of each entry of a scan.
  private func scan(
    _ bench: Workbench, _ patterns: [String] = ["."], ignoring ignore: String? = nil
  ) throws -> [String] {
    try scanner(bench, ignoring: ignore).scan(patterns, cancellation: CancellationFlag()).entries.map { entry in
      let path = String(decoding: entry.path.bytes, as: UTF8.self)
      switch entry.kind {
      case .directory: return path + "/"
      case .symlink(let target): return "\(path) -> \(String(decoding: target, as: UTF8.self))"
      default: return path
      }
    }
  }

  @Test("modes, owners and times are those of a checkout, whatever the disk says")
  func normalised() async throws {
    try await withWorkbench { bench in
      for mode: UInt32 in [0o600, 0o644, 0o664, 0o700, 0o711, 0o755, 0o4755, 0o640] {
        try bench.context.write("x", to: "f\(String(mode, radix: 8))", mode: mode)
      }
      try bench.context.makeDirectory("d", permissions: 0o700)
      try bench.context.link("l", to: "d")
      if Machine.effectiveUser == 0 { try bench.context.setOwner("f600", uid: 12, gid: 34) }
      let entries = try scanner(bench).scan(["."], cancellation: CancellationFlag()).entries
      let modes = entries.map { "\($0.path) \(String($0.mode, radix: 8))" }
      #expect(
        modes == [
          "/d 755", "/f4755 4755", "/f600 644", "/f640 644", "/f644 644", "/f664 644", "/f700 755", "/f711 755",
          "/f755 755", "/l 777",
        ])
      #expect(entries.allSatisfy { $0.uid == 0 && $0.gid == 0 && $0.modified == Self.time && $0.attributes.isEmpty })
    }
  }

  @Test("only what the patterns begin with is looked at")
  func extent() async throws {
    try await withWorkbench { bench in
      for path in ["a/b/c", "a/d", "e/f", "g"] { try bench.context.write("", to: path) }
      #expect(try scan(bench, ["a/b"]) == ["a/", "a/b/", "a/b/c"])
      #expect(try scan(bench, ["g"]) == ["g"])
      #expect(try scan(bench, ["/g"]) == ["g"])
      #expect(try scan(bench, ["a/*/c"]) == ["a/", "a/b/", "a/b/c", "a/d"])
      #expect(try scan(bench, ["a/d", "e"]) == ["a/", "a/d", "e/", "e/f"])
      #expect(try scan(bench, ["missing", "a/missing", "g/below"]) == ["a/", "g"])
      #expect(try scan(bench, [".."]) == scan(bench))
      #expect(try scan(bench, ["a/../e"]) == ["e/", "e/f"])
    }
  }

  struct Ignored: Sendable, CustomTestStringConvertible {
    var ignore: String
    var patterns: [String] = ["."]
    var expected: [String]
    var testDescription: String { "\(ignore.debugDescription) \(patterns)" }
  }

  @Test(
    "ignore files",
    arguments: [
      Ignored(ignore: "", expected: ["a/", "a/b/", "a/b/c", "a/d", "e/", "e/f", "g"]),
      Ignored(ignore: "a", expected: ["e/", "e/f", "g"]),
      Ignored(ignore: "a/b", expected: ["a/", "a/d", "e/", "e/f", "g"]),
      Ignored(ignore: "**/c\n*/f", expected: ["a/", "a/b/", "a/d", "e/", "g"]),
      Ignored(ignore: "*\n!g", expected: ["g"]),
      Ignored(ignore: "*\n!a/b/c", expected: ["a/", "a/b/", "a/b/c"]),
      Ignored(ignore: "a\n!a/d", expected: ["a/", "a/d", "e/", "e/f", "g"]),
      Ignored(ignore: "a/*\n!a/b", expected: ["a/", "a/b/", "a/b/c", "e/", "e/f", "g"]),
      // A directory that is left out is no source by itself, unless something in it is taken back in.
      Ignored(ignore: "a\n!a/d", patterns: ["a"], expected: ["a/", "a/d"]),
      Ignored(ignore: "a\n!a/d", patterns: ["a/b"], expected: []),
      Ignored(ignore: "**\n!a/x", patterns: ["a"], expected: []),
      Ignored(ignore: "**\n!a/b/c", patterns: ["a/b"], expected: ["a/", "a/b/", "a/b/c"]),
      Ignored(ignore: "a", patterns: ["a/d"], expected: []),
    ])
  func ignoring(row: Ignored) async throws {
    try await withWorkbench { bench in
      for path in ["a/b/c", "a/d", "e/f", "g"] { try bench.context.write("", to: path) }
      #expect(try scan(bench, row.patterns, ignoring: row.ignore) == row.expected)
    }
  }

  @Test("no link leads outside: the canary is never seen")
  func containment() async throws {
    try await withWorkbench { bench in
      // Beside the context, where `..` and absolute links would find it.
      let outside = try Directory(at: bench.root)
      try outside.write("canary", to: "outside/secret")
      try outside.write("canary", to: "secret")
      let context = bench.context
      try context.link("up", to: "../outside")
      try context.link("file", to: "../secret")
      try context.link("absolute", to: bench.root.appending("outside").string)
      try context.link("deep/up", to: "../../outside")
      try context.link("proc", to: "/proc/self/root\(bench.root.string)/outside")
      try context.write("inside", to: "outside/mine")
      // `..` stops at the context, as if it were the root: the context's own directory of the same name is found.
      #expect(try scan(bench, ["up/mine"]) == ["outside/", "outside/mine", "up -> ../outside"])
      for pattern in ["up", "file", "absolute", "deep/up", "proc", "up/secret", "absolute/secret", "../outside/secret"]
      {
        let found = try scan(bench, [pattern])
        #expect(!found.contains { $0.hasSuffix("secret") && !$0.contains("->") }, "\(pattern): \(found)")
      }
      for source in ["up/secret", "file", "absolute/secret", "deep/up/secret", "proc/secret", "../secret"] {
        await #expect(throws: StepError.self, "\(source)") {
          _ = try await bench.build("FROM scratch\nCOPY \(source) /x")
        }
      }
      let all = try await bench.build("FROM scratch\nCOPY . /")
      #expect(try all.files().values.contains("canary") == false)
      #expect(try all.files()["up"] == "-> ../outside")
    }
  }

  @Test("links in a circle and long chains come to an end")
  func circles() async throws {
    try await withWorkbench { bench in
      try bench.context.link("a", to: "b")
      try bench.context.link("b", to: "a")
      #expect(try scan(bench, ["a"]) == ["a -> b", "b -> a"])
      for number in 0..<60 { try bench.context.link("n\(number)", to: "n\(number + 1)") }
      try bench.context.write("end", to: "n60")
      #expect(try scan(bench, ["n30"]).count == 31)
      #expect(try scan(bench, ["n0"]).count < 60)
      await #expect(throws: StepError.self) { _ = try await bench.build("FROM scratch\nCOPY n0 /x") }
    }
  }

  @Test("names are bytes: not UTF-8, control characters, as long as a name can be")
  func names() async throws {
    try await withWorkbench { bench in
      let names: [[UInt8]] = [
        [0xFF, 0xFE], [0x0A], Array("tab\there".utf8), [UInt8](repeating: 0x61, count: 255), Array("e\u{301}".utf8),
        Array("\u{E9}".utf8), Array(" ".utf8), Array("...".utf8), Array("*".utf8), Array("-rf".utf8),
      ]
      for name in names {
        let file = try bench.context.file(name, .writeOnly, options: [.create])
        try file.writeFully(name)
        file.closeQuietly()
      }
      let result = try await bench.build("FROM scratch\nCOPY . /d/")
      let found = result.tree.children(of: EntryPath("d")!).map { Array($0.path.name) }
      #expect(Set(found) == Set(names))
      #expect(found.count == names.count)
      for item in result.tree.children(of: EntryPath("d")!) { #expect(item.entry.size == Int64(item.path.name.count)) }
    }
  }

  @Test("special files are kept or left out, never read")
  func special() async throws {
    try await withWorkbench { bench in
      try bench.context.makeNode("pipe", .fifo, permissions: 0o600)
      try bench.context.write("x", to: "f")
      let result = try await bench.build("FROM scratch\nCOPY . /")
      #expect(result.tree.lookup(EntryPath("pipe")!)?.entry.kind == .fifo)
    }
  }

  @Test("digests are remembered as long as a file does not change")
  func digests() async throws {
    try await withWorkbench { bench in
      try bench.context.write("one", to: "f")
      let scanner = try scanner(bench)
      let first = try scanner.scan(["f"], cancellation: CancellationFlag())
      #expect(!first.isHashed)
      let hashed = try scanner.hashing(first, cancellation: CancellationFlag())
      #expect(hashed.isHashed)
      #expect(try scanner.scan(["f"], cancellation: CancellationFlag()).entries == hashed.entries)
      try bench.context.removeFile("f")
      try bench.context.write("two", to: "f")
      #expect(try !scanner.scan(["f"], cancellation: CancellationFlag()).isHashed)
    }
  }

  @Test("a cancelled scan ends")
  func cancelled() async throws {
    try await withWorkbench { bench in
      try bench.context.write("x", to: "f")
      let flag = CancellationFlag()
      flag.cancel()
      #expect(throws: CancellationError.self) { _ = try scanner(bench).scan(["."], cancellation: flag) }
    }
  }
}
