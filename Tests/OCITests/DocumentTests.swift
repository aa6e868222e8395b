import OCI
import Testing

private struct Cases: Decodable {
  struct Case: Decodable {
    var id: String
    var kind: String
    var valid: Bool
    var json: String
  }
  var cases: [Case]
}

@Suite struct DocumentTests {
  /// Descriptors whose digest is of an algorithm that the specification does not register: nobody could verify the content,
  /// so they are refused although their syntax is right.
  private static let unverifiable: Set<String> = ["descriptor-22", "descriptor-24", "descriptor-27", "descriptor-28"]

  /// Every document that the specification calls valid decodes; for the invalid ones decoding ends, one way or the other.
  @Test func documentsOfTheSpecificationDecode() throws {
    let cases = try fixture("cases.json", as: Cases.self).cases
    #expect(cases.count > 30)
    for item in cases {
      let bytes = Array(item.json.utf8)
      let decode: () throws -> Void =
        switch item.kind {
        case "config": { _ = try CanonicalJSON.decode(ImageConfig.self, from: bytes) }
        case "manifest": { _ = try CanonicalJSON.decode(Manifest.self, from: bytes) }
        case "index": { _ = try CanonicalJSON.decode(Index.self, from: bytes) }
        case "descriptor": { _ = try CanonicalJSON.decode(Descriptor.self, from: bytes) }
        default: {}
        }
      if Self.unverifiable.contains(item.id) {
        #expect(throws: DecodingError.self, "\(item.id)") { try decode() }
        continue
      }
      if item.valid { #expect(throws: Never.self, "\(item.id)") { try decode() } } else { try? decode() }
    }
  }

  @Test func oneValueHasOneEncoding() throws {
    var config = ImageConfig(platform: Platform(architecture: "arm", variant: "v7"))
    config.config = ImageConfig.Process()
    config.config?.labels = ["b": "2", "a": "1/x"]
    let bytes = try CanonicalJSON.encode(config)
    #expect(
      String(decoding: bytes, as: UTF8.self)
        == #"{"architecture":"arm","config":{"Labels":{"a":"1/x","b":"2"}},"os":"linux","rootfs":{"diff_ids":[],"type":"layers"},"variant":"v7"}"#
    )
    #expect(try CanonicalJSON.encode(CanonicalJSON.decode(ImageConfig.self, from: bytes)) == bytes)
  }

  @Test func oversizedDocumentsAreRefused() {
    #expect(throws: DecodingError.self) {
      try CanonicalJSON.decode(Index.self, from: [UInt8](repeating: 0x20, count: 100), limit: 99)
    }
  }

  @Test(arguments: ["sha256:", "sha256:ABC", "md5:00", "sha256:" + String(repeating: "g", count: 64), "../../etc"])
  func malformedDigestsAreRefused(text: String) { #expect(Digest(text) == nil) }
}
