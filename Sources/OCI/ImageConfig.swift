/// What a runtime needs besides the files: platform, defaults for the process, diffIDs and history.
///
/// Times are kept as the text they came in, because a round trip through a date type loses nanoseconds and thereby the
/// digest. Implements [OCI image specification, "Image Configuration"](https://github.com/opencontainers/image-spec/blob/v1.1.0/config.md)
/// with Docker's `Healthcheck`, `OnBuild` and `Shell`.
package struct ImageConfig: Hashable, Sendable, Codable {
  package var created: String?
  package var author: String?
  package var architecture: String
  package var os: String
  package var variant: String?
  package var osVersion: String?
  package var osFeatures: [String]?
  package var config: Process?
  package var rootfs: RootFS
  package var history: [History]?

  enum CodingKeys: String, CodingKey {
    case created, author, architecture, os, variant, config, rootfs, history
    case osVersion = "os.version"
    case osFeatures = "os.features"
  }

  /// The config of an image that has no files and no settings yet.
  package init(platform: Platform) {
    architecture = platform.architecture
    os = platform.os
    variant = platform.variant
    rootfs = RootFS()
  }

  /// The platform the image says it is for, normalised.
  package var platform: Platform { Platform(os: os, architecture: architecture, variant: variant).normalised }

  /// The diffIDs of the layers, lowest first.
  package struct RootFS: Hashable, Sendable, Codable {
    package var type = "layers"
    package var diffIDs: [Digest]

    enum CodingKeys: String, CodingKey {
      case type
      case diffIDs = "diff_ids"
    }

    package init(diffIDs: [Digest] = []) { self.diffIDs = diffIDs }
  }

  /// One line of an image's history: the instruction, and whether it made a layer.
  package struct History: Hashable, Sendable, Codable {
    package var created: String?
    package var createdBy: String?
    package var author: String?
    package var comment: String?
    /// True when the instruction changed the config only; absent means that it made a layer.
    package var emptyLayer: Bool?

    enum CodingKeys: String, CodingKey {
      case created, author, comment
      case createdBy = "created_by"
      case emptyLayer = "empty_layer"
    }

    package init(created: String?, createdBy: String, comment: String? = nil, emptyLayer: Bool = false) {
      self.created = created
      self.createdBy = createdBy
      self.comment = comment
      self.emptyLayer = emptyLayer ? true : nil
    }
  }
}
