import OCI
import Testing

@testable import Distribution

@Suite("types of manifests")
struct ManifestTypeTests {
  @Test(
    "the document and the header agree, or one of them is silent",
    arguments: [
      (#"{"schemaVersion":2,"manifests":[]}"#, MediaType.index.rawValue, MediaType.index),
      (#"{"schemaVersion":2,"manifests":[]}"#, nil, .index),
      (#"{"schemaVersion":2,"config":{},"layers":[]}"#, "application/json", .manifest),
      (#"{"schemaVersion":2,"config":{},"layers":[]}"#, MediaType.dockerManifest.rawValue, .dockerManifest),
      (
        #"{"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#,
        "application/vnd.oci.image.index.v1+json; charset=utf-8", .index
      ),
    ] as [(String, String?, MediaType)])
  func accepted(text: String, header: String?, expected: MediaType) throws {
    #expect(try ResolvedManifest.mediaType(of: Array(text.utf8), contentType: header) == expected)
  }

  @Test(
    "anything that could be read in two ways is refused",
    arguments: [
      (#"{"manifests":[],"layers":[]}"#, MediaType.index.rawValue), (#"{"manifests":[],"config":{}}"#, nil),
      (#"{"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#, MediaType.manifest.rawValue),
      (#"{"config":{},"layers":[]}"#, MediaType.index.rawValue), (#"{"manifests":[]}"#, MediaType.manifest.rawValue),
      (#"{"schemaVersion":1,"fsLayers":[]}"#, nil), ("[]", nil), ("", nil), ("{", nil),
    ] as [(String, String?)])
  func refused(text: String, header: String?) {
    #expect(throws: ManifestFault.self) {
      try ResolvedManifest.mediaType(of: Array(text.utf8), contentType: header)
    }
  }
}
