/// The images of one name, one manifest for each platform.
///
/// Implements [OCI image specification, "Image Index"](https://github.com/opencontainers/image-spec/blob/v1.1.0/image-index.md).
package struct Index: Hashable, Sendable, Codable {
  package var schemaVersion = 2
  package var mediaType: MediaType?
  package var artifactType: MediaType?
  package var manifests: [Descriptor]
  package var subject: Descriptor?
  package var annotations: [String: String]?

  package init(manifests: [Descriptor], annotations: [String: String]? = nil) {
    mediaType = .index
    self.manifests = manifests
    self.annotations = annotations
  }

  /// The platforms of the runnable images in the index, in its order.
  package var platforms: [Platform] {
    manifests.compactMap { $0.platform?.normalised }.filter { $0.architecture != "unknown" && $0.os != "unknown" }
  }

  /// The entry for `platform`: the exact variant, else the closest lower one the processor also runs; nil when there is none.
  ///
  /// For `arm/v7` that is v7, then v6, then v5; `armhfp`, as Fedora writes it, is v7. Entries for other operating systems,
  /// attestations (`unknown/unknown`) and entries without a platform never match.
  package func entry(for platform: Platform) -> Descriptor? {
    for candidate in platform.runnable {
      if let found = manifests.first(where: { entry in
        guard let own = entry.platform?.normalised else { return false }
        return own.os == candidate.os && own.architecture == candidate.architecture && own.variant == candidate.variant
      }) {
        return found
      }
    }
    return nil
  }
}

extension Platform {
  /// The platforms whose images a machine of this platform runs natively, best first.
  package var runnable: [Platform] {
    let own = normalised
    guard let variant = own.variant, variant.hasPrefix("v"), let level = Int(variant.dropFirst()), level > 1, level < 16
    else { return [own] }
    let lowest = own.architecture == "arm" ? 5 : 1
    let lower = stride(from: level, through: min(lowest, level), by: -1)
    return lower.map { Platform(os: own.os, architecture: own.architecture, variant: "v\($0)").normalised }
  }
}
