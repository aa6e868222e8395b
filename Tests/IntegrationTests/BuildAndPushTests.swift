import FoundationEssentials
import Linux
import OCI
import SystemPackage
import TestSupport
import Testing

@Suite("build and push") struct BuildAndPushTests {
  @Test("a set for five architectures is built, pushed, read and run by other tools")
  func fiveArchitectures() async throws {
    try await RegistryFixture.with { registry in
      try await withProgram { program, directory in
        let set = try await SetFixture.standard(directory.appending("set"), architectures: SetFixture.architectures)
        let arches = SetFixture.architectures.joined(separator: ",")
        let result = try await program.build(
          set, "--arch", arches, "--dest", "\(registry.name)/set", "--tag", "v1", "--push")
        try #require(result.status == 0, "\(result.errors)")
        #expect(Set(result.digests.keys) == ["base-image", "cli", "dns", "pause"])

        for (name, digest) in result.digests {
          let raw = try await Tool.run(
            "skopeo", ["inspect", "--tls-verify=false", "--raw", "docker://\(registry.name)/set/\(name):v1"])
          let index = try JSONDecoder().decode(Index.self, from: Data(raw.utf8))
          #expect(
            index.manifests.map(\.platform?.description) == [
              "linux/amd64", "linux/arm64", "linux/arm/v7", "linux/ppc64le", "linux/riscv64",
            ])
          #expect(index.mediaType == .index, "\(name) \(digest)")
          let layout = directory.appending("copy-\(name)").string
          try await Tool.run(
            "skopeo",
            ["copy", "--all", "--src-tls-verify=false", "docker://\(registry.name)/set/\(name):v1", "oci:\(layout):v1"])
          try await Schemas.check(FilePath(layout))
        }
        try await Schemas.check(program.store)
        try await checkMachines(registry, directory)
      }
    }
  }

  /// What `uname -m` wrote in each image of `dns`, unpacked by umoci.
  private func checkMachines(_ registry: RegistryFixture, _ directory: FilePath) async throws {
    let machines = [
      ("amd64", "x86_64"), ("arm64", "aarch64"), ("arm", "armv7l"), ("ppc64le", "ppc64le"), ("riscv64", "riscv64"),
    ]
    for (architecture, machine) in machines {
      let layout = directory.appending("dns-\(architecture)").string
      try await Tool.run(
        "skopeo",
        ["--override-arch", architecture] + (architecture == "arm" ? ["--override-variant", "v7"] : []) + [
          "copy", "--src-tls-verify=false", "docker://\(registry.name)/set/dns:v1", "oci:\(layout):v1",
        ])
      let bundle = directory.appending("bundle-\(architecture)")
      try await Tool.run("umoci", ["unpack", "--image", "\(layout):v1", bundle.string])
      let file = try FileDescriptor.open(bundle.pushing("rootfs/machine"), .readOnly)
      defer { file.closeQuietly() }
      #expect(String(decoding: try file.readAll(limit: 100), as: UTF8.self) == "\(machine)\n")
    }
  }

  @Test("buildah takes an image from the registry, and skopeo one from the store")
  func otherTools() async throws {
    try await RegistryFixture.with { registry in
      try await withProgram { program, directory in
        let set = try await SetFixture.standard(directory.appending("set"))
        let result = try await program.build(
          set, "--arch", "amd64", "--dest", "\(registry.name)/set", "--tag", "v1", "--push")
        try #require(result.status == 0, "\(result.errors)")
        let storage = ["--root", directory.appending("buildah").string, "--runroot", directory.appending("run").string]
        let container = try await Tool.run(
          "buildah", storage + ["--storage-driver", "vfs", "from", "--tls-verify=false", "\(registry.name)/set/cli:v1"])
        #expect(container.contains("working-container"))
        let name = String(container.split(separator: "\n").last ?? "")
        let output = try await Tool.run(
          "buildah",
          storage + ["--storage-driver", "vfs", "run", "--isolation", "chroot", name, "/bin/sh", "/usr/bin/tool"])
        #expect(output == "tool\n")
        try await Tool.run(
          "skopeo",
          [
            "copy", "oci:\(program.store):\(registry.name)/set/cli:v1", "dir:\(directory.appending("dir"))",
          ])
      }
    }
  }

  @Test("an image of the registry is a base again, for each architecture the right one")
  func baseFromRegistry() async throws {
    try await RegistryFixture.with { registry in
      try await withProgram { program, directory in
        let set = try await SetFixture.standard(directory.appending("set"), architectures: ["amd64", "riscv64"])
        let first = try await program.build(
          set, "--arch", "amd64,riscv64", "--dest", "\(registry.name)/set", "--tag", "v1", "--push")
        try #require(first.status == 0, "\(first.errors)")
        let other = try SetFixture(directory.appending("other"))
        try other.write(
          "user/Dockerfile",
          "FROM \(registry.name)/set/dns:v1\nARG TARGETARCH\nRUN echo $TARGETARCH: $(/bin/busybox cat /machine) $(/bin/busybox uname -m)\n"
        )
        let program = Program(store: directory.appending("store2"))
        let result = try await program.build(other, "--arch", "amd64,riscv64")
        try #require(result.status == 0, "\(result.errors)")
        #expect(result.errors.contains("amd64: x86_64 x86_64"))
        #expect(result.errors.contains("riscv64: riscv64 riscv64"))
      }
    }
  }
}
