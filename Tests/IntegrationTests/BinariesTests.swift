import Linux
import SystemPackage
import TestSupport
import Testing

@Suite("build_binaries in a build") struct BinariesTests {
  private func set(_ directory: FilePath) throws -> SetFixture {
    let set = try SetFixture(directory.appending("set"))
    try set.write("app/Dockerfile", "FROM scratch\nARG TARGETARCH\nCOPY bin/app-$TARGETARCH /app\n")
    try set.writeScript(
      "app/build_binaries",
      "echo building for $1\nmkdir -p bin\necho \"$1 $ARCH $COMPONENT\" >bin/app-$1\ntouch scratch-file\n")
    return set
  }

  @Test("it runs once for each architecture, and again only when something changed")
  func runsWhenNecessary() async throws {
    try await withProgram { program, directory in
      let set = try set(directory)
      let first = try await program.build(set, "--arch", "amd64,arm64")
      try #require(first.status == 0, "\(first.errors)")
      #expect(first.errors.contains("building for amd64") && first.errors.contains("building for arm64"))
      let second = try await program.build(set, "--arch", "amd64,arm64")
      #expect(second.output == first.output && !second.errors.contains("building for"))
      try set.write("app/input.c", "int x;\n")
      let third = try await program.build(set, "--arch", "amd64,arm64")
      #expect(third.errors.contains("building for amd64"), "\(third.errors)")
      #expect(third.output == first.output)
      let names = try await Tool.run("ls", ["\(set.path)/components/app"])
      #expect(names == "Dockerfile\nbuild_binaries\ninput.c\n")
    }
  }

  @Test("a script that fails fails its cell, with its last lines")
  func failure() async throws {
    try await withProgram { program, directory in
      let set = try set(directory)
      try set.writeScript("app/build_binaries", "echo compiling\necho no such header >&2\nexit 3\n")
      let result = try await program.build(set, "--arch", "amd64")
      #expect(result.status == 1)
      for text in ["app/amd64", "build_binaries", "3", "no such header"] {
        #expect(result.errors.contains(text), "\(result.errors)")
      }
    }
  }
}
