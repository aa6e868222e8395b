import Linux
import SystemPackage
import TestSupport
import Testing

@Suite("the quickstart set") struct QuickstartTests {
  @Test("pause is cross-compiled for every architecture, the same each time")
  func pause() async throws {
    try await withProgram { program, directory in
      let quickstart = Program.repository.pushing("examples/quickstart").string
      let arches = SetFixture.architectures.joined(separator: ",")
      let first = try await program.run(["build", "-C", quickstart, "--arch", arches, "pause"])
      try #require(first.status == 0, "\(first.errors)")
      let copy = directory.appending("elsewhere")
      try await Tool.run("cp", ["-r", quickstart, copy.string])
      let second = try await Program(store: directory.appending("store2"), environment: ["SOURCE_DATE_EPOCH": "0"]).run(
        ["build", "-C", copy.string, "--arch", arches, "--jobs", "1", "pause"])
      let third = try await Program(store: directory.appending("store3"), environment: ["SOURCE_DATE_EPOCH": "0"]).run(
        ["build", "-C", quickstart, "--arch", arches, "--jobs", "8", "pause"])
      #expect(second.status == 0, "\(second.errors)")
      #expect(third.status == 0, "\(third.errors)")
      #expect(second.output == third.output, "\(second.errors)\(third.errors)")
    }
  }

  @Test("a real distribution, packages installed in it under emulation, and the program answers")
  func packages() async throws {
    try await withProgram { program, directory in
      let set = directory.appending("set")
      try await Tool.run("cp", ["-r", Program.repository.pushing("examples/quickstart").string, set.string])
      let check = SetFixture(existing: set)
      try check.write(
        "check/Dockerfile",
        "ARG REGISTRY\nARG OCP_TAG\nFROM $REGISTRY/dns:$OCP_TAG\nRUN uname -m; dnsmasq --version | head -n 1\n")
      let result = try await program.run(
        [
          "build", "-C", set.string, "--arch", "amd64,arm64", "--progress", "plain", "base-image", "cli", "dns",
          "check",
        ])
      try #require(result.status == 0, "\(result.errors)")
      #expect(Set(result.digests.keys) == ["base-image", "cli", "dns", "check"])
      for text in ["x86_64", "aarch64"] { #expect(result.errors.contains("│ \(text)"), "\(text)") }
      #expect(result.errors.split(separator: "Dnsmasq version").count == 3)
    }
  }
}
