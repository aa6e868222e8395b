import OCI

/// A manifest or index as a registry sent it: its bytes, verified, and where they came from.
package struct ResolvedManifest: Hashable, Sendable {
  /// Type, digest and size of `bytes`.
  package let descriptor: Descriptor
  /// Exactly what the registry sent; never encoded again.
  package let bytes: [UInt8]
  /// The server that had it; nil when it was in the store already.
  package let endpoint: Endpoint?

  init(descriptor: Descriptor, bytes: [UInt8], endpoint: Endpoint?) {
    self.descriptor = descriptor
    self.bytes = bytes
    self.endpoint = endpoint
  }

  /// The largest manifest accepted, as the
  /// [distribution specification](https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pushing-manifests) advises.
  package static let sizeLimit = 4 << 20

  private struct Outline: Decodable {
    struct Ignored: Decodable {
      init(from decoder: any Decoder) throws {}
    }

    let schemaVersion: Int?
    let mediaType: MediaType?
    let manifests: [Ignored]?
    let layers: [Ignored]?
    let config: Ignored?
    let fsLayers: [Ignored]?
  }

  /// The type of a manifest, from what it says itself and what the registry says about it.
  ///
  /// A document that could be read as two things, or that is announced as another than it says, is refused
  /// ([CVE-2021-41190](https://github.com/opencontainers/distribution-spec/security/advisories/GHSA-mc8v-mgrf-8f4m)).
  /// - Throws: `ManifestFault`.
  static func mediaType(of bytes: [UInt8], contentType: String?) throws(ManifestFault) -> MediaType {
    let outline: Outline
    do {
      outline = try CanonicalJSON.decode(Outline.self, from: bytes, limit: sizeLimit)
    } catch {
      throw ManifestFault(why: "it is no JSON object of a manifest")
    }
    guard outline.fsLayers == nil, outline.schemaVersion != 1 else {
      throw ManifestFault(why: "it is in Docker's schema 1, which no tool should serve any more")
    }
    guard outline.manifests == nil || (outline.layers == nil && outline.config == nil) else {
      throw ManifestFault(why: "it is index and image manifest at once")
    }
    let announced = contentType.flatMap(Self.mediaType(ofHeader:))
    if let announced, let own = outline.mediaType, announced != own {
      throw ManifestFault(why: "it says it is \(own), the registry says \(announced)")
    }
    let type =
      outline.mediaType ?? announced ?? (outline.manifests != nil ? MediaType.index : MediaType.manifest)
    guard !type.isIndex || outline.manifests != nil, !type.isManifest || outline.config != nil else {
      throw ManifestFault(why: "it has not the fields of \(type)")
    }
    return type
  }

  /// nil for the types that servers give when they do not know better.
  private static func mediaType(ofHeader value: String) -> MediaType? {
    let type = value.prefix { $0 != ";" }.lowercased().filter { !$0.isWhitespace }
    return ["", "application/json", "text/plain", "application/octet-stream"].contains(type)
      ? nil : MediaType(rawValue: type)
  }

  /// A document that is somewhere without a server's word for its type: its own, else what `claimed` says.
  ///
  /// - Throws: `ManifestFault` when it is no manifest.
  init(bytes: [UInt8], digest: Digest, claimed: MediaType?) throws(ManifestFault) {
    var type = try Self.mediaType(of: bytes, contentType: nil)
    // Without a type of its own, what lists it knows better than its fields, which are the same in both families.
    let isSilent = (type == .manifest || type == .index) && !Self.saysItsType(bytes)
    if isSilent, let claimed, claimed.isIndex == type.isIndex, claimed.isManifest == type.isManifest { type = claimed }
    self.init(
      descriptor: Descriptor(mediaType: type, digest: digest, size: Int64(bytes.count)), bytes: bytes, endpoint: nil)
  }

  private static func saysItsType(_ bytes: [UInt8]) -> Bool {
    (try? CanonicalJSON.decode(Outline.self, from: bytes, limit: sizeLimit))?.mediaType != nil
  }

  /// What the manifest is about, and of what type it says it is; nil when it is about nothing.
  var reference: (subject: Digest, artifactType: MediaType?)? {
    struct Outline: Decodable {
      let subject: Descriptor?
      let artifactType: MediaType?
      let config: Descriptor?
    }
    guard let outline = try? CanonicalJSON.decode(Outline.self, from: bytes, limit: Self.sizeLimit),
      let subject = outline.subject
    else { return nil }
    return (subject.digest, outline.artifactType ?? outline.config?.mediaType)
  }

  /// The digest of `bytes` in the algorithm of `wanted`.
  static func digest(of bytes: [UInt8], like wanted: Digest?) -> Digest {
    RunningDigest.digest(of: bytes, wanted?.algorithm ?? .sha256)
  }
}

/// Why bytes are not a manifest that can be used; the caller adds where they came from.
struct ManifestFault: Error, Hashable {
  let why: String
}
