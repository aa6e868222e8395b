import Content
import Linux
import OCI
import TestSupport
import Testing

@testable import Distribution

@Suite("content named by sha512")
struct SHA512Tests {
  /// A registry that names all content of one image by sha512.
  private static func with(
    _ body: (_ name: String, _ image: Digest, _ blobs: [Digest]) async throws -> Void
  ) async throws {
    var config = ImageConfig(platform: Platform(architecture: "amd64"))
    let layer = ImageFixture.archive([("file", Array("content".utf8))])
    config.rootfs.diffIDs = [RunningDigest.digest(of: layer, .sha256)]
    let contents = [try CanonicalJSON.encode(config), layer]
    let digests = contents.map { RunningDigest.digest(of: $0, .sha512) }
    let manifest = try CanonicalJSON.encode(
      Manifest(
        config: Descriptor(mediaType: .config, digest: digests[0], size: Int64(contents[0].count)),
        layers: [Descriptor(mediaType: .layer, digest: digests[1], size: Int64(layer.count))]))
    let image = RunningDigest.digest(of: manifest, .sha512)
    try await ScriptedServer.with { request in
      if request.path.contains("/manifests/") {
        return .response(
          status: 200, headers: ["Content-Type": MediaType.manifest.rawValue], body: manifest)
      }
      guard let position = digests.firstIndex(where: { request.path.hasSuffix("/blobs/\($0)") }) else {
        return .text(404, "")
      }
      return .response(status: 200, headers: [:], body: contents[position])
    } _: { server in
      try await body("\(server.name)/app", image, digests)
    }
  }

  @Test("a build's store does not take it and says so, whether image or blobs are named that way")
  func pull() async throws {
    try await Self.with { name, image, blobs in
      for (text, refused) in [("\(name):t", blobs[0]), ("\(name)@\(image)", image)] {
        try await withTemporaryStore { store in
          let error = await #expect(throws: RegistryError.self) {
            try await withRegistryClient(.forTests()) {
              try await $0.pull(Reference(parsing: text), platform: Platform(architecture: "amd64"), into: store)
            }
          }
          #expect(error?.what == "cannot keep sha512:\(refused.hex.prefix(12))… in the store")
          #expect(error?.why == ["the store names content by sha256 only"])
          #expect(error?.help?.contains("imgset copy") == true)
        }
      }
    }
  }

  @Test("a copy takes it as it is, and verifies it")
  func copy() async throws {
    try await Self.with { name, image, blobs in
      try await withTemporaryDirectory { directory, _ in
        let report = try await CopyTests.copy("\(name)@\(image)", "oci:\(directory)/layout:t")
        #expect(report.root.digest == image)
        let layout = try ImageLayout.open(directory.appending("layout"))
        for digest in blobs + [image] {
          let bytes = try Layouts.bytes(directory.appending("layout"), "blobs/sha512/\(digest.hex)")
          #expect(RunningDigest.digest(of: bytes, .sha512) == digest)
          #expect(layout.size(of: digest) == Int64(bytes.count))
        }
      }
    }
  }
}
