import Content
import Linux
import OCI
import TestSupport
import Testing

@testable import Distribution

/// Other people's tool as the judge of what is in a registry.
@Suite(
  "skopeo and a real registry",
  .enabled(if: Tool.areInstalled("docker-registry", "skopeo"), "needs the packages docker-registry and skopeo"))
struct SkopeoTests {
  @Test("skopeo reads what is pushed, byte for byte, and copies all of it")
  func readsOurs() async throws {
    try await RegistryFixture.with { registry in
      try await withTemporaryStore { store in
        var fixture = ImageFixture(store: store, seed: 21)
        let index = try fixture.index(platforms: ["amd64", "arm64", "riscv64"])
        let reference = try Reference(parsing: "\(registry.name)/team/app:v1")
        try await publish([(reference, index)], from: store)
        let raw = try await Tool.run(
          "skopeo", ["inspect", "--tls-verify=false", "--raw", "docker://\(reference)"])
        #expect(try Array(raw.utf8) == store.read(index.digest))
        try await withTemporaryDirectory { directory, _ in
          let layout = directory.appending("layout")
          try await Tool.run(
            "skopeo",
            [
              "--insecure-policy", "copy", "--all", "--src-tls-verify=false", "--preserve-digests",
              "docker://\(reference)", "oci:\(layout):v1",
            ])
          let copy = try ContentStore(root: layout)
          let closure = try ImageClosure(of: index, in: copy)
          #expect(closure.blobs.count == 9)
          for blob in closure.blobs { #expect(try copy.read(blob.digest) == store.read(blob.digest)) }
        }
      }
    }
  }

  @Test("what skopeo pushes is pulled, in OCI and in Docker types", arguments: ["oci", "v2s2"])
  func readsTheirs(format: String) async throws {
    try await RegistryFixture.with { registry in
      try await withTemporaryStore { store in
        var fixture = ImageFixture(store: store, seed: 22)
        let platform = Platform(architecture: "amd64")
        let image = try fixture.image(platform, layers: [try fixture.layer(), try fixture.layer()])
        try store.setReference("v1", to: image)
        let reference = try Reference(parsing: "\(registry.name)/theirs:v1")
        try await Tool.run(
          "skopeo",
          [
            "--insecure-policy", "copy", "--dest-tls-verify=false", "--format", format,
            "oci:\(store.root):v1", "docker://\(reference)",
          ])
        try await withTemporaryStore { copy in
          let pulled = try await withRegistryClient(.forTests()) {
            try await $0.pull(reference, platform: platform, into: copy)
          }
          #expect(pulled.manifest.mediaType == (format == "oci" ? .manifest : .dockerManifest))
          let config = try copy.config(try copy.manifest(pulled.manifest).config)
          #expect(try config.rootfs.diffIDs == store.config(try store.manifest(image).config).rootfs.diffIDs)
          for blob in try ImageClosure(of: pulled.manifest, in: copy).blobs { #expect(copy.contains(blob)) }
        }
      }
    }
  }
}
