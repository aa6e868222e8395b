import Dockerfile
import Layers
import Linux
import Testing

@testable import Execution

/// Whole instructions of which something is left out, or whose directories are kept.
@Suite("copies with --exclude and --parents")
struct CopyChoiceTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var instruction: String
    var expected: [String]
    var testDescription: String { instruction }
  }

  private static let context: [String] = [
    "a.txt", "b.go", "dir/.hidden", "dir/a.txt", "dir/deep/down/a.txt", "dir/deep/keep", "dir/one.go", "!odd/f",
    "other/dir/one.go", "star*/x",
  ]

  static let rows: [Row] = [
    // Patterns are those of an ignore file, relative to a directory that is named.
    Row(instruction: "COPY --exclude=*.txt dir /", expected: [".hidden", "deep/down/a.txt", "deep/keep", "one.go"]),
    Row(instruction: "COPY --exclude=**/*.txt dir /", expected: [".hidden", "deep/keep", "one.go"]),
    Row(
      instruction: "COPY --exclude=dir/deep dir /d/",
      expected: ["d/.hidden", "d/a.txt", "d/deep/down/a.txt", "d/deep/keep", "d/one.go"]),
    Row(instruction: "COPY --exclude=deep --exclude=.hidden dir /", expected: ["a.txt", "one.go"]),
    Row(
      instruction: "COPY --exclude=deep --exclude=!deep/keep dir /",
      expected: [".hidden", "a.txt", "deep/keep", "one.go"]),
    Row(instruction: "COPY --exclude=** --exclude=!one.go dir /", expected: ["one.go"]),
    // Files are judged by their names, whether they are named or matched.
    Row(instruction: "COPY --exclude=*.txt *.* /d/", expected: ["d/b.go"]),
    Row(instruction: "COPY --exclude=*.txt a.txt b.go /d/", expected: ["d/b.go"]),
    Row(
      instruction: "COPY --exclude=dir dir other /",
      expected: [".hidden", "a.txt", "deep/down/a.txt", "deep/keep", "one.go"]),
    Row(instruction: "COPY --exclude=dir d* b.go /d/", expected: ["d/b.go"]),
    Row(instruction: "COPY --exclude=a.txt a.txt /d/", expected: []),
    // Directories in front of a source are kept, from the root or from the pivot on.
    Row(instruction: "COPY --parents dir/deep/keep /p", expected: ["p/dir/deep/keep"]),
    Row(instruction: "COPY --parents a.txt dir/one.go /p/", expected: ["p/a.txt", "p/dir/one.go"]),
    Row(instruction: "COPY --parents dir/./deep/keep /p/", expected: ["p/deep/keep"]),
    Row(instruction: "COPY --parents ./dir/deep/./ /p/", expected: ["p/down/a.txt", "p/keep"]),
    Row(instruction: "COPY --parents **/one.go /", expected: ["dir/one.go", "other/dir/one.go"]),
    Row(instruction: "COPY --parents ./**/deep/**/*.txt /", expected: ["dir/deep/down/a.txt"]),
    Row(instruction: "COPY --parents o*/./*/*.go /p/", expected: ["p/dir/one.go"]),
    Row(
      instruction: "COPY --parents dir/* /",
      expected: ["dir/.hidden", "dir/a.txt", "dir/deep/down/a.txt", "dir/deep/keep", "dir/one.go"]),
    Row(
      instruction: "COPY --parents --exclude=**/*.txt --exclude=**/.* dir /", expected: ["dir/deep/keep", "dir/one.go"]),
    Row(instruction: "COPY --parents !odd/f /", expected: ["!odd/f"]),
    Row(instruction: #"COPY --parents star\*/x /"#, expected: ["star*/x"]),
    Row(instruction: "ADD --parents --exclude=one.go dir/./*.go /", expected: []),
    Row(instruction: "COPY --parents no/*.such b.go /", expected: ["b.go"]),
  ]

  @Test("files that arrive", arguments: rows)
  func files(row: Row) async throws {
    try await withWorkbench { bench in
      for path in Self.context { try bench.context.write(path, to: path) }
      let files = try await bench.build("FROM scratch\n\(row.instruction)").files()
      #expect(files.keys.filter { !$0.hasSuffix("/") }.sorted() == row.expected)
      // The same from a stage.
      let copied = row.instruction.replacing("COPY ", with: "COPY --from=0 ")
      if copied != row.instruction {
        let files = try await bench.build("FROM scratch\nCOPY . /\nFROM scratch\n\(copied)").files()
        #expect(files.keys.filter { !$0.hasSuffix("/") }.sorted() == row.expected)
      }
    }
  }

  @Test(
    "nothing found is an error",
    arguments: [
      ("COPY --parents dir/missing /", CopyError.sourceNotFound("dir/missing", ignored: false)),
      ("COPY --parents missing/./x /", .sourceNotFound("missing", ignored: false)),
      ("COPY --parents **/*.none /", .nothingMatches("**/*.none")), ("COPY --parents [ /", .malformedPattern("[")),
    ])
  func errors(instruction: String, error: CopyError) async throws {
    try await withWorkbench { bench in
      for path in Self.context { try bench.context.write(path, to: path) }
      let thrown = await #expect(throws: StepError.self) { try await bench.build("FROM scratch\n\(instruction)") }
      #expect(thrown?.underlying as? CopyError == error)
    }
  }

  @Test("only the directories on the way to something are made, with their own modes")
  func directories() async throws {
    try await withWorkbench { bench in
      try bench.context.write("x", to: "a/b/c/x")
      try bench.context.write("y", to: "a/empty/y")
      let result = try await bench.build(
        "FROM scratch AS s\nCOPY --chmod=2750 --chown=5:6 . /\nFROM scratch\nCOPY --parents --from=s a/*/c /p")
      #expect(
        result.modes == [
          "p/ 755 0:0", "p/a/ 2750 5:6", "p/a/b/ 2750 5:6", "p/a/b/c/ 2750 5:6", "p/a/b/c/x 2750 5:6",
        ])
    }
  }

  @Test("what is left out does not count: neither for the cache nor for reading")
  func cache() async throws {
    try await withWorkbench { bench in
      try bench.context.write("in", to: "d/in")
      try bench.context.write("out", to: "d/out")
      let text = "FROM scratch\nCOPY --exclude=out d /"
      #expect(try await bench.build(text).cached == [false])
      try bench.context.remove("d/out")
      try bench.context.write("other", to: "d/out")
      #expect(try await bench.build(text).cached == [true])
      try bench.context.remove("d/in")
      try bench.context.write("new", to: "d/in")
      #expect(try await bench.build(text).cached == [false])
      #expect(try await bench.build("FROM scratch\nCOPY --exclude=nothing d /").cached == [false])
    }
  }
}
