import Linux
import OCI
import SystemPackage
import Testing

@testable import Distribution

@Suite("short names")
struct ShortNameTests {
  private static func configuration(_ text: String) throws -> RegistriesConfiguration {
    var configuration = RegistriesConfiguration()
    try configuration.add(Array(text.utf8), path: "main.conf")
    return configuration
  }

  @Test(
    "aliases come before the registry that completes names, and that before Docker Hub",
    arguments: [
      ("fedora", "registry.fedoraproject.org/fedora"), ("fedora:42", "registry.fedoraproject.org/fedora:42"),
      ("team/app", "quay.io/team/app"), ("team/app:v1", "quay.io/team/app:v1"), ("gone", "search.example/gone"),
      ("busybox", "search.example/busybox"), ("docker.io/fedora", "docker.io/library/fedora"),
      ("localhost/fedora", "localhost/fedora"), ("host:5000/fedora", "host:5000/fedora"),
      (
        "fedora@sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        "registry.fedoraproject.org/fedora@sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
      ),
    ])
  func names(text: String, full: String) throws {
    let configuration = try Self.configuration(
      """
      unqualified-search-registries = ["search.example"]
      [aliases]
      "fedora" = "registry.fedoraproject.org/fedora"
      "team/app" = "quay.io/team/app"
      "gone" = ""
      """)
    #expect(try configuration.reference(parsing: text).description == full)
  }

  @Test("several registries that complete names are not guessed between; none is Docker Hub")
  func several() throws {
    let two = try Self.configuration(#"unqualified-search-registries = ["a.example", "b.example"]"#)
    let error = #expect(throws: RegistryError.self) { try two.reference(parsing: "app") }
    #expect(error?.help == "write the whole name: a.example/app")
    #expect(try RegistriesConfiguration().reference(parsing: "app").description == "docker.io/library/app")
  }

  @Test("the main file, then drop-ins in order; the last word counts")
  func files() async throws {
    try await withTemporaryDirectory { directory, handle in
      let parts = try handle.ensureDirectory("conf.d")
      for (place, name, text) in [
        (handle, "main.conf", "[aliases]\n\"a\" = \"one.example/a\"\n"),
        (parts, "10-b.conf", "[aliases]\n\"a\" = \"three.example/a\"\n[[registry]]\nlocation = \"x.example\"\n"),
        (parts, "05-a.conf", "[aliases]\n\"a\" = \"two.example/a\"\n\"b\" = \"two.example/b\"\n"),
        (parts, "20-c.txt", "not read"),
      ] {
        let file = try place.file(name, .writeOnly, options: [.create], permissions: 0o600)
        try file.closeAfter { try file.writeFully(Array(text.utf8)) }
      }
      let configuration = try await RegistriesConfiguration.load(environment: [
        "CONTAINERS_REGISTRIES_CONF": "\(directory)/main.conf",
        "CONTAINERS_REGISTRIES_CONF_DIR": "\(directory)/conf.d",
      ])
      #expect(configuration.sources.map { $0.split(separator: "/").last } == ["main.conf", "05-a.conf", "10-b.conf"])
      #expect(try configuration.reference(parsing: "a").registry == "three.example")
      #expect(try configuration.reference(parsing: "b").registry == "two.example")
      #expect(configuration.rules.map(\.prefix) == ["x.example"])
    }
  }

  @Test(
    "places of copies are told by their prefixes",
    arguments: [
      ("docker://quay.io/a:b", "quay.io/a:b"), ("quay.io/a", "quay.io/a"), ("oci:dir", "oci:dir"),
      ("oci:/a/b:name", "oci:/a/b:name"), ("oci:dir:localhost:5000/a:b", "oci:dir:localhost:5000/a:b"),
      ("oci-archive:x.tar:v1", "oci-archive:x.tar:v1"),
      (
        "oci:dir@sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        "oci:dir@sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
      ),
    ])
  func places(text: String, same: String) throws {
    #expect(try ImagePlace(parsing: text, registries: RegistriesConfiguration()).description == same)
  }

  @Test("places that are none", arguments: ["", "oci:", "oci::name", "oci:dir:", "oci-archive:", "docker://", "a b"])
  func malformed(text: String) {
    #expect(throws: ReferenceError.self) {
      try ImagePlace(parsing: text, registries: RegistriesConfiguration())
    }
  }
}
