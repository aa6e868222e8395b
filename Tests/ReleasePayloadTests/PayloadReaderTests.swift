import Layers
import OCI
import TestSupport
import Testing

@testable import ReleasePayload

@Suite("image references in a layer")
struct PayloadReaderTests {
  /// Looks into a layer with these files.
  func look(_ members: [(String, String)]) throws -> PayloadReader.Finding? {
    let archive = ImageFixture.archive(members.map { ($0.0, Array($0.1.utf8)) })
    let blob = MemorySource(archive)
    return try PayloadReader(place: "x").look(in: blob, mediaType: .layer, diffID: nil)
  }

  @Test("found, wherever it stands")
  func found() throws {
    #expect(
      try look([("a", "1"), ("release-manifests/image-references", "{}"), ("z", "2")]) == .document(Array("{}".utf8)))
    #expect(try look([("./release-manifests/image-references", "x")]) == .document(Array("x".utf8)))
  }

  @Test("not found") func absent() throws {
    #expect(try look([("release-manifests/other", "x"), ("image-references", "x")]) == nil)
  }

  @Test(
    "taken away",
    arguments: [
      "release-manifests/.wh.image-references", ".wh.release-manifests", "release-manifests/.wh..wh..opq",
    ])
  func removed(mark: String) throws {
    #expect(try look([(mark, "")]) == .removed)
  }

  @Test("replaced in the same layer")
  func replaced() throws {
    let document = ("release-manifests/image-references", "new")
    #expect(try look([("release-manifests/.wh..wh..opq", ""), document]) == .document(Array("new".utf8)))
    #expect(try look([document, ("release-manifests/.wh..wh..opq", "")]) == .document(Array("new".utf8)))
  }
}
