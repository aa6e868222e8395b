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

/// podman's own download and unpacking of what is pushed.
@Suite(
  "podman and a real registry",
  .enabled(if: Tool.areInstalled("docker-registry", "podman"), "needs the packages docker-registry and podman"))
struct PodmanTests {
  @Test("podman pulls each image of what is pushed, unpacks it and keeps its digest", arguments: ["amd64", "arm64"])
  func pulls(architecture: String) async throws {
    try await RegistryFixture.with { registry in
      try await withTemporaryStore { store in
        var fixture = ImageFixture(store: store, seed: 24)
        let index = try fixture.index(platforms: ["amd64", "arm64"])
        let reference = try Reference(parsing: "\(registry.name)/team/app:v1")
        try await publish([(reference, index)], from: store)
        let image = try #require(store.index(index).entry(for: Platform(architecture: architecture)))
        let config = try store.manifest(image).config
        try await withTemporaryDirectory { directory, _ in
          let storage = ["--root", "\(directory)/root", "--runroot", "\(directory)/run", "--storage-driver", "vfs"]
          let pulled = try await Tool.run(
            "podman",
            storage + ["pull", "--quiet", "--tls-verify=false", "--arch", architecture, reference.description])
          #expect(pulled.split(separator: "\n").last.map(String.init) == config.digest.hex)
          try await Tool.run("podman", storage + ["image", "exists", reference.description])
          let format = "{{.Digest}} {{.Architecture}} {{range .RootFS.Layers}}{{.}} {{end}}"
          let seen = try await Tool.run(
            "podman", storage + ["image", "inspect", "--format", format, reference.description])
          let diffIDs = try store.config(config).rootfs.diffIDs.map(\.description)
          let words = seen.split { $0 == " " || $0 == "\n" }.map(String.init)
          #expect(words.dropFirst() == ([architecture] + diffIDs)[...])
          #expect(words.first == "\(index.digest)" || words.first == "\(image.digest)")
        }
      }
    }
  }
}

/// Copies between real registries, and what other people's tools make of them.
@Suite(
  "copies and other people's tools",
  .enabled(
    if: Tool.areInstalled("docker-registry", "skopeo", "buildah", "umoci"),
    "needs the packages docker-registry, skopeo, buildah and umoci"))
struct ToolCopyTests {
  @Test("an index goes from one registry to another and back to a layout, and the tools read it")
  func between() async throws {
    try await RegistryFixture.with { one in
      try await RegistryFixture.with { two in
        try await withTemporaryStore { store in
          var fixture = ImageFixture(store: store, seed: 23)
          let index = try fixture.index(
            platforms: ["amd64", "arm64", "riscv64"], base: [try fixture.layer(size: 9 << 20)])
          try store.setReference("v1", to: index)
          try await CopyTests.copy("oci:\(store.root):v1", "\(one.name)/a:v1")
          let sent = try await CopyTests.copy("\(one.name)/a:v1", "\(two.name)/b/c:v2")
          #expect(sent.counts == [.sent: 10])
          let mounted = try await CopyTests.copy("\(two.name)/b/c:v2", "\(two.name)/d:v3")
          #expect(mounted.counts == [.mounted: 10])
          let raw = try await Tool.run(
            "skopeo", ["inspect", "--tls-verify=false", "--raw", "docker://\(two.name)/d:v3"])
          #expect(try Array(raw.utf8) == store.read(index.digest))
          try await withTemporaryDirectory { directory, _ in
            let (layout, archive) = (directory.appending("layout"), "\(directory)/image.tar")
            try await CopyTests.copy(
              "\(two.name)/d:v3", "oci:\(layout):v4", platforms: [Platform(architecture: "amd64")])
            try await CopyTests.copy("\(two.name)/d:v3", "oci-archive:\(archive):v4")
            let listed = try await Tool.run("umoci", ["ls", "--layout", layout.string])
            #expect(listed.split(separator: "\n") == ["v4"])
            let all = try await Tool.run("skopeo", ["inspect", "--raw", "oci-archive:\(archive):v4"])
            #expect(try Array(all.utf8) == store.read(index.digest))
          }
        }
      }
    }
  }

  @Test("what buildah pushes is copied as it is", arguments: ["oci", "docker"])
  func buildah(format: String) async throws {
    try await RegistryFixture.with { registry in
      try await withTemporaryDirectory { directory, handle in
        let file = try handle.file("Dockerfile", .writeOnly, options: [.create], permissions: 0o644)
        try file.closeAfter { try file.writeFully(Array("FROM scratch\nCOPY Dockerfile /\n".utf8)) }
        let storage = ["--root", "\(directory)/root", "--runroot", "\(directory)/run", "--storage-driver", "vfs"]
        try await Tool.run("buildah", storage + ["bud", "--format", format, "-t", "theirs", directory.string])
        try await Tool.run(
          "buildah",
          storage + [
            "push", "--tls-verify=false", "--format", format == "oci" ? "oci" : "v2s2", "theirs",
            "docker://\(registry.name)/x:t",
          ])
        let report = try await CopyTests.copy("\(registry.name)/x:t", "oci:\(directory)/layout:t")
        #expect(report.root.mediaType == (format == "oci" ? .manifest : .dockerManifest))
        let back = try await CopyTests.copy("oci:\(directory)/layout:t", "\(registry.name)/back:t")
        #expect(back.root == report.root)
        #expect(back.counts == [.sent: 2])
      }
    }
  }

  @Test(
    "layouts of other projects go through a real registry byte for byte",
    arguments: try Layouts.all().filter { $0.digest != Layouts.mixed })
  func layouts(entry: Layouts.Entry) async throws {
    try await RegistryFixture.with { registry in
      try await withTemporaryDirectory { directory, _ in
        try await CopyTests.copy("oci:\(entry.path)@\(entry.digest)", "\(registry.name)/app:t")
        let back = try await CopyTests.copy("\(registry.name)/app:t", "oci:\(directory)/copy:t")
        #expect(back.root.digest == entry.digest)
        for blob in try Directory(at: directory.pushing("copy/blobs/sha256")).entries() {
          let name = "blobs/sha256/" + String(decoding: blob.name, as: UTF8.self)
          #expect(try Layouts.bytes(directory.appending("copy"), name) == Layouts.bytes(entry.path, name))
        }
      }
    }
  }

  /// `CopyTests.layouts` shows that it is the registry's own rule: one without it takes the same index.
  @Test("what a registry says about an index that it does not take is in the error, and the tag is not there")
  func refusedLayout() async throws {
    let entry = try #require(try Layouts.all().first { $0.digest == Layouts.mixed })
    try await RegistryFixture.with { registry in
      let error = await #expect(throws: RegistryError.self) {
        try await CopyTests.copy("oci:\(entry.path)@\(entry.digest)", "\(registry.name)/app:t")
      }
      #expect(error?.kind == .status(400))
      #expect(error?.place == "PUT http://\(registry.name)/v2/app/manifests/t")
      #expect(error?.why == ["the registry answered 400", "MANIFEST_INVALID: manifest invalid"])
      let absent = await #expect(throws: RegistryError.self) {
        try await withRegistryClient(.forTests()) { try await $0.resolve(Reference(parsing: "\(registry.name)/app:t")) }
      }
      #expect(absent?.kind == .status(404))
    }
  }
}
