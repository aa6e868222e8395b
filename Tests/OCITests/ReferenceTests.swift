import OCI
import Testing

private struct Names: Decodable {
  struct Full: Decodable {
    var input: String
    var full: String
    var domain: String
    var path: String
  }
  var normalized_valid: [String]
  var normalized_invalid: [String]
  var normalize: [Full]
}

@Suite struct ReferenceTests {
  @Test func validNamesOfTheReferenceSuiteParse() throws {
    for name in try fixture("names.json", as: Names.self).normalized_valid {
      #expect(throws: Never.self, "\(name)") { try Reference(parsing: name) }
    }
  }

  @Test func invalidNamesOfTheReferenceSuiteAreRefused() throws {
    for name in try fixture("names.json", as: Names.self).normalized_invalid {
      #expect(throws: ReferenceError.self, "\(name)") { try Reference(parsing: name) }
    }
  }

  @Test func shortNamesAreCompletedAsDockerDoes() throws {
    for name in try fixture("names.json", as: Names.self).normalize {
      let reference = try Reference(parsing: name.input)
      #expect(reference.registry == name.domain, "\(name.input)")
      #expect(reference.repository.description == name.path, "\(name.input)")
    }
  }

  @Test(
    arguments: [
      ("localhost:5000/a/b:t", "localhost:5000", "a/b", "t", nil),
      ("[::1]:5000/a", "[::1]:5000", "a", nil, nil),
      (
        "quay.io/a/b@sha256:" + String(repeating: "a", count: 64), "quay.io", "a/b", nil,
        String(repeating: "a", count: 64)
      ),
      ("localhost/quickstart/cli:quickstart", "localhost", "quickstart/cli", "quickstart", nil),
    ] as [(String, String, String, String?, String?)])
  func partsAreFound(text: String, registry: String, repository: String, tag: String?, hex: String?) throws {
    let reference = try Reference(parsing: text)
    #expect(reference.registry == registry)
    #expect(reference.repository.description == repository)
    #expect(reference.tag?.description == tag)
    #expect(reference.digest?.hex == hex)
    #expect(reference.description == text)
  }

  @Test(arguments: ["", "a:", "a@sha256:12", "quay.io/A/b", "a b", "x/../y", "http://x/y", "--help", "quay.io:99999/a"])
  func nonsenseIsRefusedWithAReason(text: String) {
    let error = #expect(throws: ReferenceError.self) { try Reference(parsing: text) }
    #expect(error?.why.isEmpty == false)
  }
}
