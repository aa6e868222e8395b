import Linux
import SystemPackage
import TestSupport
import Testing

@Suite("failures") struct FailureTests {
  /// What makes `dns` fail, the exit code, and what the message has to say.
  static let breakages: [(String, Int32, [String])] = [
    (
      "ARG REGISTRY\nARG OCP_TAG\nFROM $REGISTRY/base-image:$OCP_TAG\nRUN echo before; exit 7\n", 1,
      ["dns/amd64", "components/dns/Dockerfile:4", "exit status 7", "before"]
    ),
    (
      "ARG REGISTRY\nARG OCP_TAG\nFROM $REGISTRY/base-image:$OCP_TAG\n\nCOPY nothing /x\n", 1,
      ["dns/amd64", "components/dns/Dockerfile:5", "`nothing` does not exist"]
    ),
    ("FROM scratch\nCOPPY a /b\n", 2, ["components/dns/Dockerfile:2", "COPPY", "COPY"]),
    ("FROM scratch\nCOPY --sparkle a /b\n", 2, ["components/dns/Dockerfile:2", "--sparkle"]),
  ]

  @Test(
    "a broken component names itself, takes only its dependants along and leaves the registry as it was",
    arguments: breakages.indices)
  func broken(_ number: Int) async throws {
    let (dockerfile, status, texts) = Self.breakages[number]
    try await RegistryFixture.with { registry in
      try await withProgram { program, directory in
        let set = try await SetFixture.standard(directory.appending("set"), architectures: ["amd64"])
        try set.write("extra/Dockerfile", "ARG REGISTRY\nARG OCP_TAG\nFROM $REGISTRY/dns:$OCP_TAG\nCOPY f /f\n")
        try set.write("extra/f", "1")
        let flags = ["--arch", "amd64", "--dest", "\(registry.name)/set", "--tag", "v1", "--push"]
        func build() async throws -> Program.Result {
          try await program.run(["build", "-C", set.path.string, "--progress", "plain"] + flags)
        }
        let good = try await build()
        try #require(good.status == 0, "\(good.errors)")
        let before = try await tags(registry)

        try set.write("dns/Dockerfile", dockerfile)
        try set.write("cli/tool", "changed\n")
        let bad = try await build()
        #expect(bad.status == status, "\(bad.errors)")
        for text in texts { #expect(bad.errors.contains(text), "\(text) in \(bad.errors)") }
        #expect(try await tags(registry) == before)
        if status == 1 {
          #expect(bad.errors.contains("extra/amd64"))
          #expect(bad.errors.contains("skipped"))
          #expect(bad.digests["cli"] != nil && bad.digests["cli"] != good.digests["cli"])
          #expect(bad.digests["dns"] == nil)
        }
      }
    }
  }

  private func tags(_ registry: RegistryFixture) async throws -> [String] {
    var digests: [String] = []
    for name in ["base-image", "cli", "dns", "extra", "pause"] {
      digests.append(
        try await Tool.run(
          "skopeo", ["inspect", "--tls-verify=false", "--raw", "docker://\(registry.name)/set/\(name):v1"]))
    }
    return digests
  }

  @Test("a registry that is not there is a failure of its own kind, and the set stays in the store")
  func noRegistry() async throws {
    try await withProgram { program, directory in
      let set = try SetFixture(directory.appending("set"))
      try set.write("pause/Dockerfile", "FROM scratch\nCOPY note /note\n")
      try set.write("pause/note", "pause\n")
      let port = try Loopback.freePort()
      let result = try await program.build(set, "--arch", "amd64", "--dest", "localhost:\(port)/set", "--push")
      #expect(result.status == 4, "\(result.errors)")
      #expect(result.digests["pause"] != nil)
      #expect(try await program.build(set, "--arch", "amd64", "--dest", "localhost:\(port)/set").status == 0)
    }
  }

  @Test("a missing base image says which one, where and what to do")
  func missingBase() async throws {
    try await RegistryFixture.with { registry in
      try await withProgram { program, directory in
        let set = try SetFixture(directory.appending("set"))
        try set.write("app/Dockerfile", "FROM \(registry.name)/nothing/here:1\nCOPY f /f\n")
        try set.write("app/f", "1")
        let result = try await program.build(set, "--arch", "amd64")
        #expect(result.status == 4, "\(result.errors)")
        for text in ["app/amd64", "Dockerfile:1", "nothing/here"] {
          #expect(result.errors.contains(text), "\(result.errors)")
        }
      }
    }
  }
}
