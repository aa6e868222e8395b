import Linux
import SystemPackage
import TestSupport
import Testing

@Suite("determinism and the cache") struct DeterminismTests {
  @Test("directory, store and parallelism do not show in the digests")
  func sameDigests() async throws {
    try await withProgram { program, directory in
      let one = try await SetFixture.standard(directory.appending("one"))
      let two = try await SetFixture.standard(directory.pushing("somewhere/else"))
      let first = try await program.build(one, "--arch", "amd64,arm64", environment: ["PARALLEL": "no"])
      let second = try await Program(store: directory.appending("store2")).build(
        two, "--arch", "amd64,arm64", "--jobs", "8")
      try #require(first.status == 0 && second.status == 0, "\(first.errors)\(second.errors)")
      for name in ["base-image", "cli", "pause"] {
        #expect(first.digests[name] != nil && first.digests[name] == second.digests[name], "\(name)")
      }
    }
  }

  @Test("a second build has nothing to do, and says so in one line")
  func noOp() async throws {
    try await withProgram { program, directory in
      let set = try await SetFixture.standard(directory.appending("set"), architectures: ["amd64"])
      let first = try await program.build(set, "--arch", "amd64")
      try #require(first.status == 0, "\(first.errors)")
      let second = try await program.build(set, "--arch", "amd64")
      #expect(second.status == 0)
      #expect(second.output == first.output)
      #expect(second.errors.split(separator: "\n").count == 1, "\(second.errors)")
      #expect(second.errors.contains("4 units up to date"))
    }
  }

  @Test("a blob that was lost or damaged is made again, with the same digest", arguments: [true, false])
  func lostBlob(isRemoved: Bool) async throws {
    try await withProgram { program, directory in
      let set = try await SetFixture.standard(directory.appending("set"), architectures: ["amd64"])
      let first = try await program.build(set, "--arch", "amd64")
      try #require(first.status == 0, "\(first.errors)")
      let largest = try await Tool.run(
        "sh", ["-c", "ls -S \(program.store)/blobs/sha256 | head -n 1"])
      let blob = "\(program.store)/blobs/sha256/\(largest.split(separator: "\n")[0])"
      try await Tool.run("sh", ["-c", isRemoved ? "rm \(blob)" : "truncate -s 100 \(blob)"])
      let second = try await program.build(set, "--arch", "amd64")
      #expect(second.status == 0, "\(second.errors)")
      #expect(second.digests["base-image"] == first.digests["base-image"])
      #expect(second.digests["cli"] == first.digests["cli"])
      try await Schemas.check(program.store)
    }
  }

  @Test("only what changed is built again, and the plan says why")
  func incremental() async throws {
    try await withProgram { program, directory in
      let set = try await SetFixture.standard(directory.appending("set"), architectures: ["amd64"])
      let first = try await program.build(set, "--arch", "amd64")
      try #require(first.status == 0, "\(first.errors)")
      try set.write("cli/tool", "#!/bin/sh\necho other\n")
      let plan = try await program.run(["plan", "-C", set.path.string, "--arch", "amd64"])
      #expect(plan.output.contains("0 to add, 1 to change, 0 to copy, 3 unchanged"), "\(plan.output)")
      #expect(plan.output.contains("tool changed"), "\(plan.output)")
      let second = try await program.build(set, "--arch", "amd64")
      #expect(second.digests["cli"] != first.digests["cli"])
      #expect(second.digests["dns"] == first.digests["dns"])
    }
  }
}
