import Linux
import SystemPackage
import TestSupport
import Testing

@Suite("settings and plans") struct SettingsTests {
  private func small(_ directory: FilePath) throws -> SetFixture {
    let set = try SetFixture(directory.appending("set"))
    try set.write("base-image/Dockerfile", "FROM scratch\nCOPY f /f\n")
    try set.write("base-image/f", "1")
    try set.write("cli/Dockerfile", "ARG REGISTRY\nARG OCP_TAG\nFROM $REGISTRY/base-image:$OCP_TAG\nCOPY g /g\n")
    try set.write("cli/Dockerfile.riscv64", "FROM scratch\nCOPY g /g\n")
    try set.write("cli/g", "2")
    return set
  }

  @Test("the environment of the contract works")
  func environment() async throws {
    try await RegistryFixture.with { registry in
      try await withProgram { program, directory in
        let set = try small(directory)
        let result = try await program.build(
          set,
          environment: [
            "DEST_REGISTRY": "\(registry.name)/env", "COMPONENTS": "cli", "ARCHITECTURES": "aarch64 riscv64",
            "PUSH": "yes",
            "PARALLEL": "no", "OCP_BASE_TAG": "4.18.9",
          ])
        try #require(result.status == 0, "\(result.errors)")
        #expect(Set(result.digests.keys) == ["cli"])
        let raw = try await Tool.run(
          "skopeo", ["inspect", "--tls-verify=false", "--raw", "docker://\(registry.name)/env/cli:4.18.9"])
        #expect(raw.contains(#""architecture":"arm64""#) && raw.contains(#""architecture":"riscv64""#))
      }
    }
  }

  @Test(
    "mistakes are named before any work, with what was meant",
    arguments: [
      (["clii"], [:], ["no component `clii`, did you mean `cli`?"]),
      ([], ["ARCHITECTURES": "amd64 amr64"], ["amr64", "arm64", "ARCHITECTURES (environment)"]),
      ([], ["PUSH": "maybe"], ["maybe", "PUSH (environment)"]),
      (["--tag", "a b"], [:], ["a b", "--tag"]),
      (["--frobnicate"], [:], ["--frobnicate"]),
    ] as [([String], [String: String], [String])])
  func mistakes(arguments: [String], environment: [String: String], texts: [String]) async throws {
    try await withProgram { program, directory in
      let set = try small(directory)
      let result = try await program.run(
        ["build", "-C", set.path.string] + arguments, environment: environment)
      #expect(result.status == 2, "\(result.errors)")
      #expect(result.output.isEmpty)
      for text in texts { #expect(result.errors.contains(text), "\(text) in \(result.errors)") }
    }
  }

  @Test("COMPONENT is taken with a hint")
  func singular() async throws {
    try await withProgram { program, directory in
      let set = try small(directory)
      let result = try await program.build(set, "--arch", "amd64", environment: ["COMPONENT": "base-image"])
      #expect(result.status == 0)
      #expect(result.errors.contains("COMPONENTS"), "\(result.errors)")
      #expect(Set(result.digests.keys) == ["base-image"])
    }
  }

  @Test("a circle between components is named")
  func circle() async throws {
    try await withProgram { program, directory in
      let set = try small(directory)
      try set.write("base-image/Dockerfile", "ARG REGISTRY\nARG OCP_TAG\nFROM $REGISTRY/cli:$OCP_TAG\nCOPY f /f\n")
      let result = try await program.run(["plan", "-C", set.path.string, "--arch", "amd64"])
      #expect(result.status == 2)
      #expect(result.errors.contains("depend on each other in a circle"), "\(result.errors)")
    }
  }

  @Test("a plan shows every cell with its recipe, its reason and the origin of the settings")
  func table() async throws {
    try await withProgram { program, directory in
      _ = try small(directory)
      let result = try await program.run(
        ["plan", "--arch", "amd64,riscv64", "--tag", "1"], environment: ["DEST_REGISTRY": "quay.io/x"],
        in: directory.appending("set"))
      #expect(
        result.output == """
          set   2 components × 2 architectures (--arch)
          dest  quay.io/x (env DEST_REGISTRY)
          tag   1 (--tag)
          push  no (default)
          jobs  automatic (default)

                        amd64         riscv64               why
          base-image    + Dockerfile  + Dockerfile          first build
          └─ cli        + Dockerfile  + Dockerfile.riscv64  base-image changes (amd64), first build (riscv64)

          Plan: 4 to add, 0 to change, 0 to copy, 0 unchanged
                cli/riscv64: Dockerfile.riscv64 hides Dockerfile
                run `imgset build` to apply, `--json` for machines

          """)
      let json = try await program.run(
        ["plan", "--arch", "riscv64", "--tag", "1", "--json", "cli"], in: directory.appending("set"))
      #expect(
        json.output
          == #"{"cells":[{"action":"build","cell":"cli/riscv64","component":"cli","dependsOn":[],"hidden":["Dockerfile"],"platform":"linux/riscv64","reasons":["Dockerfile.riscv64 is for riscv64","first build"],"recipe":"Dockerfile.riscv64","selected":true}],"destination":"localhost","tag":"1","version":1}"#
          + "\n")
    }
  }
}
