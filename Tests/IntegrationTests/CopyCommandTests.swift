import Linux
import OCI
import SystemPackage
import TestSupport
import Testing

@Suite("copy, login and logout")
struct CopyCommandTests {
  @Test("an index is copied offline and to a registry; standard output is its digest")
  func copy() async throws {
    try await RegistryFixture.with { registry in
      try await withProgram { program, directory in
        try await withTemporaryStore { store in
          var fixture = ImageFixture(store: store, seed: 101)
          let index = try fixture.index(platforms: ["amd64", "arm64"])
          try store.setReference("v1", to: index)
          let archive = directory.appending("image.tar")
          let steps = [
            ("oci:\(store.root):v1", "oci-archive:\(archive):v2", "oci-archive:\(archive)"),
            ("oci-archive:\(archive)", "docker://\(registry.name)/team/app:v3", "\(registry.name)/team/app"),
            ("\(registry.name)/team/app:v3", "\(registry.name)/other:v4", "\(registry.name)/other"),
          ]
          for (source, destination, name) in steps {
            let result = try await program.run(["copy", source, destination])
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.output == "\(name)@\(index.digest)\n")
          }
          let subset = try await program.run([
            "copy", "--quiet", "--platform", "arm64", "\(registry.name)/other:v4", "oci:\(directory)/layout:v5",
          ])
          #expect(subset.status == 0 && subset.errors.isEmpty && !subset.output.contains("\(index.digest)"))
        }
      }
    }
  }

  @Test("what cannot be copied ends with the status of its kind")
  func failures() async throws {
    try await withProgram { program, directory in
      for (arguments, status) in [
        (["oci:\(directory)/none", "oci:\(directory)/copy"], Int32(2)), (["Not A Name", "oci:\(directory)/copy"], 2),
        (["--platform", "a b", "x", "y"], 2), (["--all", "--platform", "arm64", "x", "y"], 2),
        (["localhost:1/x:y", "oci:\(directory)/copy"], 4),
      ] {
        let result = try await program.run(["copy"] + arguments)
        #expect(result.status == status, "\(arguments): \(result.errors)")
        #expect(result.output.isEmpty)
        #expect(result.errors.lowercased().hasPrefix("error: "))
      }
    }
  }

  @Test(
    "a login is checked, kept for the copies after it, and forgotten",
    .enabled(if: Tool.areInstalled("docker-registry", "htpasswd"), "needs docker-registry and htpasswd"))
  func login() async throws {
    var options = RegistryFixture.Options()
    options.login = ("ann", "s3cret")
    try await RegistryFixture.with(options) { registry in
      try await withProgram { program, directory in
        try await withTemporaryStore { store in
          var fixture = ImageFixture(store: store, seed: 102)
          try store.setReference("v1", to: try fixture.index(platforms: ["amd64"]))
          let shell = try #require(Tool("sh"))
          let environment = ["REGISTRY_AUTH_FILE": "\(directory)/auth.json"]
          let copy = ["copy", "--debug", "oci:\(store.root):v1", "\(registry.name)/app:t"]
          let line = "printf '%s\\n' \"$SECRET\" | \(Program.path) login -u ann \(registry.name)"
          await #expect(throws: ToolFailure.self) {
            try await shell.run(["-c", line], environment: environment.merging(["SECRET": "wr0ng"]) { $1 })
          }
          #expect(try await program.run(copy, environment: environment).status == 4)
          try await shell.run(["-c", line], environment: environment.merging(["SECRET": "s3cret"]) { $1 })
          let result = try await program.run(copy, environment: environment)
          #expect(result.status == 0, "\(result.errors)")
          #expect(result.errors.contains("password of ann (redacted), from \(directory)/auth.json"))
          #expect(!result.errors.contains("s3cret"))
          #expect(try await program.run(["logout", registry.name], environment: environment).status == 0)
          #expect(try await program.run(copy, environment: environment).status == 4)
        }
      }
    }
  }
}
