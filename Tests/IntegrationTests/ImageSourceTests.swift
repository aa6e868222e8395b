import FoundationEssentials
import Linux
import OCI
import SystemPackage
import TestSupport
import Testing

@Suite("image sources") struct ImageSourceTests {
  /// Pushes a set with one component for two architectures and runs `body` with the reference of its image.
  private func withPushedImage(
    _ body: (Program, FilePath, RegistryFixture, String) async throws -> Void
  ) async throws {
    try await RegistryFixture.with { registry in
      try await withProgram { program, directory in
        let set = try SetFixture(directory.appending("set"))
        try set.write("tool/Dockerfile", "FROM scratch\nARG TARGETARCH\nCOPY $TARGETARCH /tool\n")
        for architecture in ["amd64", "arm64"] { try set.write("tool/\(architecture)", architecture) }
        let result = try await program.build(
          set, "--arch", "amd64,arm64", "--dest", "\(registry.name)/up", "--tag", "1", "--push")
        try #require(result.status == 0, "\(result.errors)")
        try await body(Program(store: directory.appending("store2")), directory, registry, "\(registry.name)/up/tool:1")
      }
    }
  }

  @Test("the child of the platform is taken, unmodified")
  func takesChild() async throws {
    try await withPushedImage { program, directory, registry, reference in
      let set = try SetFixture(directory.appending("user"))
      try set.write("tool/ImageSource", "\(reference)\n")
      let result = try await program.build(
        set, "--arch", "amd64,arm64", "--dest", "\(registry.name)/down", "--tag", "2", "--push")
      try #require(result.status == 0, "\(result.errors)")
      let above = try await Tool.run("skopeo", ["inspect", "--tls-verify=false", "--raw", "docker://\(reference)"])
      let below = try await Tool.run(
        "skopeo", ["inspect", "--tls-verify=false", "--raw", "docker://\(registry.name)/down/tool:2"])
      #expect(above == below)
    }
  }

  @Test("a missing platform is an error that lists those there are")
  func missingPlatform() async throws {
    try await withPushedImage { program, directory, _, reference in
      let set = try SetFixture(directory.appending("user"))
      try set.write("tool/ImageSource", "\(reference)\n")
      let result = try await program.build(set, "--arch", "riscv64")
      #expect(result.status == 4, "\(result.errors)")
      for text in ["tool/riscv64", "linux/amd64", "linux/arm64"] {
        #expect(result.errors.contains(text), "\(result.errors)")
      }
    }
  }

  @Test("an image in Docker's format becomes OCI with the same layers")
  func dockerFormat() async throws {
    try await withPushedImage { program, directory, registry, reference in
      let docker = "\(registry.name)/docker/tool:1"
      try await Tool.run(
        "skopeo",
        [
          "copy", "--src-tls-verify=false", "--dest-tls-verify=false", "--format", "v2s2", "docker://\(reference)",
          "docker://\(docker)",
        ])
      let set = try SetFixture(directory.appending("user"))
      try set.write("tool/ImageSource", "\(docker)\n")
      let result = try await program.build(
        set, "--arch", "amd64", "--dest", "\(registry.name)/down", "--tag", "2", "--push")
      try #require(result.status == 0, "\(result.errors)")
      let raw = try await Tool.run(
        "skopeo", ["inspect", "--tls-verify=false", "--raw", "docker://\(registry.name)/down/tool:2"])
      let index = try JSONDecoder().decode(Index.self, from: Data(raw.utf8))
      #expect(index.manifests.map(\.mediaType) == [.manifest])
      try await Schemas.check(program.store)
    }
  }

  @Test("what was pulled once needs no registry the next time")
  func offline() async throws {
    try await withPushedImage { program, directory, registry, reference in
      let set = try SetFixture(directory.appending("user"))
      try set.write("tool/ImageSource", "\(reference)\n")
      let first = try await program.build(set, "--arch", "amd64")
      try #require(first.status == 0, "\(first.errors)")
      try await Tool.run("rm", ["-rf", registry.storage.string])
      let second = try await program.build(set, "--arch", "amd64")
      #expect(second.status == 0 && second.output == first.output, "\(second.errors)")
    }
  }
}
