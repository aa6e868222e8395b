import Assembly
import Content
import Linux
import OCI
import SystemPackage
import Testing

@Suite("images and indexes")
struct ImageTests {
  private let platform = Platform(architecture: "arm64")

  /// A layer of this content that is not compressed, so that its digest is its diffID.
  private func layer(_ text: String, in store: ContentStore, type: MediaType = .layer) throws -> StoredLayer {
    let descriptor = try store.write(Array(text.utf8), mediaType: type)
    return StoredLayer(descriptor: descriptor, diffID: descriptor.digest)
  }

  private func withStore<R>(_ body: (ContentStore) async throws -> R) async throws -> R {
    try await withTemporaryDirectory { path, _ in try await body(ContentStore(root: path.appending("store"))) }
  }

  private func image(in store: ContentStore) throws -> Image {
    var image = Image(platform: platform)
    image.append(try layer("one", in: store), history: .init(created: nil, createdBy: "COPY one /"))
    image.append(nil, history: .init(created: nil, createdBy: "ENV A=1", emptyLayer: true))
    image.append(try layer("two", in: store), history: .init(created: nil, createdBy: "COPY two /"))
    image.process.env = ["A=1"]
    image.stamp(created: "2001-09-09T01:46:40Z", author: "me", platform: platform)
    return image
  }

  @Test("what is written is read back")
  func roundTrip() async throws {
    try await withStore { store in
      let image = try image(in: store)
      let descriptor = try image.write(to: store)
      #expect(descriptor.platform == platform)
      #expect(descriptor.mediaType == .manifest)
      #expect(try Image(manifest: descriptor, in: store) == image)
      #expect(image.diffIDs == image.layers.map(\.diffID))
      #expect(image.config.history?.map { $0.emptyLayer ?? false } == [false, true, false])
    }
  }

  @Test("equal images have one digest, in whatever store and order of setting they were made")
  func determinism() async throws {
    let first = try await withStore { store in try image(in: store).write(to: store) }
    let second = try await withStore { store in
      var image = try image(in: store)
      image.process.labels = ["b": "2", "a": "1"]
      image.process.labels = nil
      return try image.write(to: store)
    }
    #expect(first == second)
  }

  @Test("layers under Docker's types are listed under the OCI ones")
  func dockerLayers() async throws {
    try await withStore { store in
      var image = Image(platform: platform)
      let docker = try layer("x", in: store, type: .dockerLayer)
      image.append(docker, history: .init(created: nil, createdBy: "from a base"))
      let manifest = try store.manifest(image.write(to: store))
      #expect(manifest.layers.map(\.mediaType) == [docker.descriptor.mediaType.oci])
      #expect(manifest.layers.map(\.digest) == [docker.descriptor.digest])
    }
  }

  @Test("a config that does not fit its manifest is refused")
  func mismatch() async throws {
    try await withStore { store in
      let good = try image(in: store).write(to: store)
      var manifest = try store.manifest(good)
      manifest.layers.removeLast()
      let bad = try store.write(manifest, mediaType: .manifest)
      let error = #expect(throws: ContentError.self) { _ = try Image(manifest: bad, in: store) }
      guard case .malformed(bad.digest, let why)? = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(why == "it has 1 layers and its config 2 diffIDs")
    }
  }

  @Test("a stamp replaces what the base says, but keeps its author")
  func stamp() throws {
    var image = Image(platform: Platform(architecture: "arm", variant: "v7"))
    image.stamp(created: "1970-01-01T00:00:00Z", author: "base", platform: platform)
    image.stamp(created: "2001-09-09T01:46:40Z", author: nil, platform: Platform(architecture: "riscv64"))
    #expect(image.config.author == "base")
    #expect(image.config.created == "2001-09-09T01:46:40Z")
    #expect(image.config.platform == Platform(architecture: "riscv64"))
    #expect(image.config.variant == nil)
  }

  @Test("an index lists type, digest, size and platform in the order given, and nothing else")
  func index() async throws {
    try await withStore { store in
      var images: [Descriptor] = []
      for name in ["riscv64", "amd64"] {
        var image = Image(platform: Platform(architecture: name))
        image.append(try layer(name, in: store), history: .init(created: nil, createdBy: name))
        var descriptor = try image.write(to: store)
        descriptor.annotations = ["org.example": "not for the index"]
        images.append(descriptor)
      }
      let index = try store.index(Index.compose(images, in: store))
      #expect(index.manifests.map { $0.platform?.architecture } == ["riscv64", "amd64"])
      #expect(index.manifests.allSatisfy { $0.annotations == nil })
      #expect(index.manifests.map(\.digest) == images.map(\.digest))
      #expect(try Index.compose(images, in: store) == Index.compose(images, in: store))
    }
  }

  @Test("a Docker manifest is converted once and remembers what it was; an OCI one stays as it is")
  func conversion() async throws {
    try await withStore { store in
      let original = try image(in: store).write(to: store)
      #expect(try Conversion.toOCI(original, in: store) == original)

      var manifest = try store.manifest(original)
      manifest.mediaType = .dockerManifest
      manifest.config.mediaType = .dockerConfig
      manifest.layers = manifest.layers.map { Descriptor(mediaType: .dockerLayer, digest: $0.digest, size: $0.size) }
      var docker = try store.write(manifest, mediaType: .dockerManifest)
      docker.platform = platform
      let converted = try Conversion.toOCI(docker, in: store)
      #expect(converted.mediaType == .manifest)
      #expect(converted.platform == platform)
      let result = try store.manifest(converted)
      #expect(result.config.mediaType == .config)
      #expect(result.config.digest == manifest.config.digest)
      #expect(result.layers.map(\.mediaType) == manifest.layers.map(\.mediaType.oci))
      #expect(result.annotations?[Conversion.originalDigestAnnotation] == docker.digest.description)
    }
  }
}
