import Content
import OCI

/// Makes small images that are valid in every respect and whose layers hold random, reproducible bytes.
package struct ImageFixture {
  package let store: ContentStore
  private var random: SeededGenerator

  /// Equal seeds give equal images.
  package init(store: ContentStore, seed: UInt64) {
    self.store = store
    random = SeededGenerator(seed: seed)
  }

  /// A layer: a tar with one file of `size` random bytes, uncompressed, so that its digest is its diffID.
  package mutating func layer(size: Int = 1000) throws -> Descriptor {
    var content = [UInt8]()
    content.reserveCapacity(size + 8)
    while content.count < size {
      withUnsafeBytes(of: random.next().littleEndian) { content.append(contentsOf: $0) }
    }
    return try store.write(Self.tar(name: "data", content: Array(content.prefix(size))), mediaType: .layer)
  }

  /// An image of these layers; the result is the manifest's descriptor with its platform, ready for an index.
  package func image(
    _ platform: Platform, layers: [Descriptor], manifestType: MediaType = .manifest
  ) throws -> Descriptor {
    var config = ImageConfig(platform: platform)
    config.rootfs = ImageConfig.RootFS(diffIDs: layers.map(\.digest))
    config.history = layers.map { _ in ImageConfig.History(created: nil, createdBy: "fixture") }
    let isDocker = manifestType == .dockerManifest
    let stored = try store.write(
      try CanonicalJSON.encode(config), mediaType: isDocker ? .dockerConfig : .config)
    var manifest = Manifest(config: stored, layers: layers)
    manifest.mediaType = manifestType
    if isDocker {
      manifest.layers = layers.map { Descriptor(mediaType: .dockerLayer, digest: $0.digest, size: $0.size) }
    }
    var descriptor = try store.write(try CanonicalJSON.encode(manifest), mediaType: manifestType)
    descriptor.platform = platform
    return descriptor
  }

  /// An index of images.
  package func index(_ images: [Descriptor]) throws -> Descriptor {
    try store.write(try CanonicalJSON.encode(Index(manifests: images)), mediaType: .index)
  }

  /// An index with one image of two layers for each platform; `base` layers come first in all of them.
  package mutating func index(
    platforms: [String], base: [Descriptor] = [], layerSize: Int = 1000
  ) throws -> Descriptor {
    var images: [Descriptor] = []
    for name in platforms {
      guard let platform = Platform(parsing: name) else { preconditionFailure("`\(name)` is not a platform") }
      images.append(try image(platform, layers: base + [try layer(size: layerSize), try layer(size: layerSize)]))
    }
    return try index(images)
  }

  /// A POSIX ustar archive of regular files, in their order, with names as they are.
  package static func archive(_ files: [(name: String, content: [UInt8])]) -> [UInt8] {
    files.flatMap { member(name: $0.name, content: $0.content) } + [UInt8](repeating: 0, count: 1024)
  }

  private static func tar(name: String, content: [UInt8]) -> [UInt8] { archive([(name, content)]) }

  /// One member of an archive, padded to whole blocks.
  private static func member(name: String, content: [UInt8]) -> [UInt8] {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at offset: Int) {
      header.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
    }
    func octal(_ value: Int, digits: Int) -> String {
      let text = String(value, radix: 8)
      return String(repeating: "0", count: digits - text.utf8.count) + text
    }
    put(name, at: 0)
    put(octal(0o644, digits: 7), at: 100)
    put(octal(0, digits: 7), at: 108)
    put(octal(0, digits: 7), at: 116)
    put(octal(content.count, digits: 11), at: 124)
    put(octal(0, digits: 11), at: 136)
    put("        0", at: 148)
    put("ustar\0" + "00", at: 257)
    put(octal(header.reduce(0) { $0 + Int($1) }, digits: 6) + "\0", at: 148)
    let padding = (512 - content.count % 512) % 512
    return header + content + [UInt8](repeating: 0, count: padding)
  }
}
