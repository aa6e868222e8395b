import OCI
import Testing

@testable import ReleasePayload

@Suite("image references of a release")
struct ImageReferencesTests {
  static let digest = "sha256:" + String(repeating: "ab", count: 32)

  static func stream(_ tags: String, kind: String = "ImageStream") -> [UInt8] {
    Array(
      #"{"kind":"\#(kind)","apiVersion":"image.openshift.io/v1","metadata":{"name":"4.18.9"},"spec":{"tags":[\#(tags)]}}"#
        .utf8)
  }

  static let coredns = """
    {"name":"coredns","annotations":{"io.openshift.build.commit.id":"0123456789012345678901234567890123456789",
     "io.openshift.build.source-location":"https://github.com/openshift/coredns","other":"x"},
     "from":{"kind":"DockerImage","name":"quay.io/openshift-release-dev/ocp-v4.0-art-dev@\(digest)"},"generation":2}
    """

  @Test("a component with source and image")
  func component() throws {
    let references = try ImageReferences(parsing: Self.stream(Self.coredns), place: "x")
    #expect(references.version == "4.18.9")
    let tag = try #require(references["coredns"])
    #expect(tag.image?.description == "quay.io/openshift-release-dev/ocp-v4.0-art-dev@\(Self.digest)")
    #expect(tag.sourceLocation == "https://github.com/openshift/coredns")
    #expect(tag.commit == "0123456789012345678901234567890123456789")
    #expect(references["cli"] == nil)
  }

  @Test(
    "missing and empty annotations mean not known",
    arguments: [
      "", #","annotations":{}"#, #","annotations":{"io.openshift.build.commit.id":""}"#, #","annotations":null"#,
    ])
  func unknown(annotations: String) throws {
    let references = try ImageReferences(parsing: Self.stream(#"{"name":"a"\#(annotations)}"#), place: "x")
    #expect(references["a"] == .init(name: "a", image: nil, sourceLocation: nil, commit: nil))
  }

  @Test(
    "what cannot be used is refused",
    arguments: [
      ("", "empty"), (" \n", "empty"), ("{", "no JSON"), ("<html>", "no JSON"), ("[]", "no JSON"),
      (String(decoding: stream(coredns).dropLast(40), as: UTF8.self), "no JSON"),
      (String(decoding: stream(coredns, kind: "Pod"), as: UTF8.self), "kind is `Pod`"),
      (String(decoding: stream(""), as: UTF8.self), "no tags"),
      (String(decoding: stream(#"{"from":{}}"#), as: UTF8.self), "tag 1 has no name"),
      (String(decoding: stream(#"{"name":"a"},{"name":"a"}"#), as: UTF8.self), "two tags `a`"),
      (String(decoding: stream(#"{"name":"a","from":{"name":"quay.io/a:1"}}"#), as: UTF8.self), "by digest"),
      (String(decoding: stream(#"{"name":"a","from":{"name":"--x"}}"#), as: UTF8.self), "not an image reference"),
    ])
  func refused(text: String, why: String) {
    let error = #expect(throws: PayloadError.self) {
      try ImageReferences(parsing: Array(text.utf8), place: "file.json")
    }
    #expect(error?.description.contains(why) == true, "\(error?.description ?? "")")
    #expect(error?.description.contains("file.json") == true)
  }

  @Test("what is written is read back")
  func roundTrip() throws {
    let references = try ImageReferences(parsing: Self.stream(Self.coredns + #",{"name":"b"}"#), place: "x")
    #expect(try ImageReferences(parsing: references.encoded(), place: "y") == references)
  }

  @Test("release references in MicroShift's shape")
  func releaseReferences() throws {
    let image = try Reference(parsing: "quay.io/m/cli@\(Self.digest)")
    let document = ReleaseReferences(base: Tag("4.18.9")!, images: ["cli": image])
    #expect(
      String(decoding: try document.encoded(), as: UTF8.self)
        == #"{"images":{"cli":"quay.io/m/cli@\#(Self.digest)"},"release":{"base":"4.18.9"}}"#)
    #expect(ReleaseReferences.fileName(for: "arm64") == "release-aarch64.json")
    #expect(ReleaseReferences.fileName(for: "amd64") == "release-x86_64.json")
  }
}
