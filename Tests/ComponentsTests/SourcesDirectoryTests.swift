import Components
import Linux
import SystemPackage
import Testing

@testable import Sources

@Suite("Sets on disk") struct SourcesDirectoryTests {
  @Test func linksInsideTheSetAreFollowedAndOthersAreNot() async throws {
    try await SourcesFixture.with([
      "components/a/Dockerfile": "FROM scratch\n", "secret": "s", "components/b/build_binaries": "#!/bin/sh\n",
    ]) { fixture in
      let b = try Directory(at: fixture.set.appending("components/b"))
      try b.makeSymbolicLink("Dockerfile", to: "../a/Dockerfile")
      try b.makeSymbolicLink("Dockerfile.arm", to: "/etc/passwd")
      try b.makeSymbolicLink("Dockerfile.arm64", to: "../../../outside")
      try b.makeSymbolicLink("ImageSource", to: "ImageSource")
      try Directory(at: fixture.set.appending("components")).makeSymbolicLink("c", to: "a")
      let set = try ComponentSet(discovering: SetDirectory(at: fixture.set))
      #expect(set.components.map(\.name.description) == ["a", "b", "c"])
      #expect(set.components[1].recipes.map(\.fileName) == ["Dockerfile"])
      #expect(set.components[1].hasBuildScript)
      let bad = ["Dockerfile.arm", "Dockerfile.arm64", "ImageSource"]
      #expect(set.diagnostics.map(\.location) == bad.map { .text("components/b/\($0)") })
    }
  }

  private static let examples = FilePath(#filePath).removingLastComponent().removingLastComponent()
    .removingLastComponent().appending("examples")

  @Test func theSetsOfTheRepositoryAreUnderstood() throws {
    let sets = try Directory(at: Self.examples).entries().filter { $0.kind == .directory }
    #expect(!sets.isEmpty)
    for entry in sets {
      let name = String(decoding: entry.name, as: UTF8.self)
      let set = try ComponentSet(discovering: SetDirectory(at: Self.examples.appending(name)))
      #expect(set.diagnostics.isEmpty, "\(name): \(set.diagnostics.map(\.what))")
      #expect(!set.components.isEmpty)
    }
  }

  @Test func aMissingSetIsAnError() {
    #expect(throws: PathError.self) { try SetDirectory(at: "/no/such/directory") }
  }
}

@Suite("Lines of output") struct LineSplitterTests {
  private static func split(_ chunks: [String]) -> (lines: [String], tail: [String]) {
    var splitter = LineSplitter()
    var lines: [String] = []
    for chunk in chunks {
      Array(chunk.utf8).withUnsafeBytes { splitter.append($0) { lines.append(String(decoding: $0, as: UTF8.self)) } }
    }
    splitter.finish { lines.append(String(decoding: $0, as: UTF8.self)) }
    return (lines, splitter.tail)
  }

  @Test(arguments: [
    (["a\nb\n"], ["a", "b"]), (["a", "b\n", "c"], ["ab", "c"]), (["a\r\n\n"], ["a", ""]), ([], []), (["\n"], [""]),
  ])
  func chunksBecomeLines(chunks: [String], lines: [String]) {
    #expect(Self.split(chunks).lines == lines)
    #expect(Self.split(chunks).tail == lines)
  }

  @Test func theLastTwentyAreRemembered() {
    #expect(Self.split((0..<50).map { "\($0)\n" }).tail == (30..<50).map(String.init))
  }

  @Test func endlessLinesAreCut() {
    let lines = Self.split([String(repeating: "x", count: 40_000)]).lines
    #expect(lines.map(\.count) == [16384, 16384, 7232])
  }
}
