import FoundationEssentials
import Linux
import OCI
import SystemPackage
import TestSupport
import Testing

@Suite("release references") struct ReleaseReferencesTests {
  private static let architectures = ["amd64", "arm64"]

  private func set(_ path: FilePath) throws -> SetFixture {
    let set = try SetFixture(path)
    for name in ["cli", "dns"] {
      try set.write("\(name)/Dockerfile", "FROM scratch\nARG TARGETARCH\nLABEL of=\(name)-$TARGETARCH\n")
    }
    return set
  }

  private func json(_ path: FilePath) throws -> JSONValue {
    let file = try FileDescriptor.open(path, .readOnly)
    defer { file.closeQuietly() }
    return try JSONDecoder().decode(JSONValue.self, from: Data(try file.readAll(limit: 1 << 20)))
  }

  @Test("both files name by digest what was built")
  func digests() async throws {
    try await withProgram { program, directory in
      let results = directory.appending("results")
      let built = try await program.build(
        try set(directory.appending("set")), "--arch", "amd64,arm64", "--dest", "registry.example/set", "--tag", "v1",
        "--release-references", results.string)
      try #require(built.status == 0, "\(built.errors)")

      let payload = try json(results.appending("image-references"))
      guard case .list(let tags)? = payload["spec"]?["tags"] else {
        Issue.record("no tags")
        return
      }
      #expect(tags.count == 2)
      for (name, tag) in zip(["cli", "dns"], tags) {
        let digest = try #require(built.digests[name])
        guard case .text(let image)? = tag["from"]?["name"] else {
          Issue.record("no image")
          continue
        }
        #expect(image == "registry.example/set/\(name)@\(digest)")
        let hex = String("\(digest)".split(separator: ":")[1])
        let index = try json(program.store.pushing(FilePath("blobs/sha256/\(hex)")))
        guard case .list(let children)? = index["manifests"] else {
          Issue.record("no children")
          continue
        }
        for (file, child) in zip(["release-x86_64.json", "release-aarch64.json"], children) {
          let references = try json(results.appending(file))
          guard case .text(let base)? = references["release"]?["base"],
            case .text(let specification)? = references["images"]?[name], case .text(let digest)? = child["digest"]
          else {
            Issue.record("\(file) lacks \(name)")
            continue
          }
          #expect(base == "v1")
          #expect(specification == "registry.example/set/\(name)@\(digest)")
        }
      }
    }
  }

  @Test("an incomplete set writes nothing")
  func incomplete() async throws {
    try await withProgram { program, directory in
      let set = try set(directory.appending("set"))
      try set.write("dns/Dockerfile", "FROM scratch\nCOPY missing /\n")
      let results = directory.appending("results")
      let built = try await program.build(
        set, "--arch", "amd64", "--dest", "registry.example/set", "--tag", "v1", "--release-references",
        results.string)
      #expect(built.status != 0)
      #expect((try? Directory(at: results)) == nil)
    }
  }
}
