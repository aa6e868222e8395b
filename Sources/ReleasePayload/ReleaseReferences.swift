import OCI

/// The release references of one architecture in the shape that MicroShift embeds: `release-x86_64.json`.
package struct ReleaseReferences: Hashable, Sendable, Codable {
  struct Release: Hashable, Sendable, Codable {
    var base: String
  }

  var release: Release
  /// Pull specification by component.
  package let images: [String: String]

  /// - Parameters:
  ///   - base: the tag of the set.
  ///   - images: what each component's image is called, by digest.
  package init(base: Tag, images: [String: Reference]) {
    release = Release(base: base.description)
    self.images = images.mapValues(\.description)
  }

  /// Name of the file for an architecture, as `uname -m` spells it.
  package static func fileName(for architecture: String) -> String {
    "release-\(machineNames[architecture] ?? architecture).json"
  }

  /// What `uname -m` says on machines of an OCI architecture.
  private static let machineNames = [
    "amd64": "x86_64", "arm64": "aarch64", "arm": "armv7l", "386": "i686", "ppc64le": "ppc64le", "riscv64": "riscv64",
    "s390x": "s390x",
  ]

  /// The document in canonical form.
  ///
  /// - Throws: `EncodingError`, which no value of this type causes.
  package func encoded() throws -> [UInt8] { try CanonicalJSON.encode(self) }
}
