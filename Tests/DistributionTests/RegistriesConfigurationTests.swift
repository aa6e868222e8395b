import Linux
import OCI
import Testing

@testable import Distribution

@Suite("registries.conf")
struct RegistriesConfigurationTests {
  private static let text = """
    unqualified-search-registries = ["docker.io"]
    [[registry]]
    prefix = "quay.io/team"
    location = "mirror.example:5000/quay/team/"
    insecure = true
    [[registry]]
    location = "quay.io"
    [[registry.mirror]]
    location = "near.example/quay"
    insecure = true
    pull-from-mirror = "digest-only"
    [[registry.mirror]]
    location = "far.example"
    [[registry]]
    prefix = "*.corp.example"
    insecure = true
    [[registry]]
    prefix = "bad.example"
    blocked = true
    """

  private func configuration() throws -> RegistriesConfiguration {
    RegistriesConfiguration(rules: try RegistriesConfiguration.parse(Array(Self.text.utf8), path: "r.conf"))
  }

  @Test(
    "references are rewritten by the longest prefix, mirrors first",
    arguments: [
      ("quay.io/team/app:1", ["mirror.example:5000/quay/team/app:1 insecure"]),
      ("quay.io/teams/app:1", ["far.example/teams/app:1", "quay.io/teams/app:1"]),
      (
        "quay.io/a@sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        [
          "near.example/quay/a@sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a insecure",
          "far.example/a@sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
          "quay.io/a@sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        ]
      ),
      ("r1.corp.example:5000/a:1", ["r1.corp.example:5000/a:1 insecure"]), ("corp.example/a:1", ["corp.example/a:1"]),
      ("other.example/a:1", ["other.example/a:1"]),
    ])
  func pull(text: String, expected: [String]) throws {
    let locations = try configuration().pullLocations(for: try Reference(parsing: text))
    #expect(locations.map { "\($0.reference)\($0.isInsecure ? " insecure" : "")" } == expected)
  }

  @Test("pushes go to the name as written")
  func push() throws {
    let reference = try Reference(parsing: "quay.io/team/app:1")
    let location = try configuration().pushLocation(for: reference)
    #expect(location.reference == reference)
    #expect(location.isInsecure)
  }

  @Test("a blocked registry is refused with the file that blocks it")
  func blocked() throws {
    let configuration = try configuration()
    let error = #expect(throws: RegistryError.self) {
      try configuration.pullLocations(for: try Reference(parsing: "bad.example/a"))
    }
    #expect(error?.place == "r.conf")
  }

  @Test(
    "faulty files are named with the line",
    arguments: [
      ("[[registry]]\nlocation = \n", "c.conf:2"), ("[[registry]]\ninsecure = true\n", "c.conf"),
      ("[[registry]]\nlocation = \"a\"\nblocked = 7\n", "c.conf"),
      (
        "[[registry]]\nlocation = \"a\"\n[[registry.mirror]]\nlocation = \"b\"\npull-from-mirror = \"never\"\n",
        "c.conf"
      ),
    ])
  func faulty(text: String, place: String) {
    let error = #expect(throws: RegistryError.self) {
      try RegistriesConfiguration.parse(Array(text.utf8), path: "c.conf")
    }
    #expect(error?.place == place)
  }

  @Test("the user's file replaces the system's, drop-ins add to it in order of their names")
  func files() async throws {
    try await withTemporaryDirectory { directory, handle in
      let containers = try handle.ensureDirectory("containers")
      _ = try containers.ensureDirectory("registries.conf.d")
      try write("[[registry]]\nlocation = \"a.example\"\n", to: directory.appending("containers/registries.conf"))
      let dropIns = directory.appending("containers/registries.conf.d")
      try write("[[registry]]\nlocation = \"a.example\"\nblocked = true\n", to: dropIns.appending("20-b.conf"))
      try write("[[registry]]\nlocation = \"a.example\"\ninsecure = true\n", to: dropIns.appending("10-a.conf"))
      try write("not toml", to: dropIns.appending("notes.txt"))
      let loaded = try await RegistriesConfiguration.load(environment: ["XDG_CONFIG_HOME": directory.string])
      let rule = try #require(loaded.rule(for: try Reference(parsing: "a.example/x")))
      #expect(rule.isBlocked && !rule.isInsecure)
      let alone = try await RegistriesConfiguration.load(environment: [
        "CONTAINERS_REGISTRIES_CONF": directory.appending("containers/registries.conf").string
      ])
      #expect(alone.rules.map(\.prefix) == ["a.example"])
    }
  }
}
