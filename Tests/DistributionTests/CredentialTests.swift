import Linux
import OCI
import Testing

@testable import Distribution

@Suite("credentials")
struct CredentialTests {
  /// user:pass of names u1…u4, and one with a colon in its password.
  private static let file = """
    {"auths": {
      "quay.io": {"auth": "dTE6cA=="},
      "quay.io/team": {"auth": "dTI6cA=="},
      "quay.io/team/app": {"auth": "dTM6cA=="},
      "https://index.docker.io/v1/": {"auth": "dTQ6cDp4"},
      "https://legacy.example/v2/": {"username": "u5", "password": "p"},
      "token.example": {"auth": "", "identitytoken": "it"},
      "named.example": {"auth": "dTY6", "identitytoken": "it"},
      "registry.example": {"auth": "dTY6cA==", "identitytoken": "it", "registrytoken": "rt"},
      "broken.example": {"registrytoken": "r t"},
      "empty.example": {}
    }}
    """

  @Test(
    "the longest matching key wins",
    arguments: [
      ("quay.io/other/app", "u1", "p"), ("quay.io/team/web", "u2", "p"), ("quay.io/team/app", "u3", "p"),
      ("quay.io/team/app/part", "u3", "p"), ("quay.io/teams/app", "u1", "p"), ("busybox", "u4", "p:x"),
      ("docker.io/a/b", "u4", "p:x"), ("legacy.example/a", "u5", "p"),
    ])
  func lookup(text: String, user: String, password: String) throws {
    #expect(try answers(text) == [.credential(.password(user: user, password: password))])
  }

  @Test("identity tokens are told from passwords")
  func identity() throws {
    #expect(try answers("token.example/a") == [.credential(.identityToken("it"))])
    #expect(try answers("named.example/a") == [.credential(.identityToken("it", user: "u6"))])
    #expect(try answers("registry.example/a") == [.credential(.registryToken("rt"))])
    let error = #expect(throws: RegistryError.self) { try answers("broken.example/a") }
    #expect(error?.why == ["`registrytoken` is not a bearer token"])
  }

  @Test(
    "no credential for other hosts, ports or empty entries",
    arguments: ["quay.io:8443/team/app", "notquay.io/a", "empty.example/a", "evil.example/quay.io/team"])
  func none(text: String) throws { #expect(try answers(text).isEmpty) }

  @Test("helpers: the registry's own first, the general one last")
  func helpers() throws {
    let file = try CredentialFile(
      path: "auth.json",
      bytes: Array(
        #"{"auths":{"a.example":{"auth":"dTpw"}},"credHelpers":{"a.example":"own","docker.io":"hub"},"credsStore":"all"}"#
          .utf8))
    let name = try #require(Repository("x"))
    #expect(
      try file.answers(registry: "a.example", repository: name) == [
        .helper(name: "own", server: "a.example"), .credential(.password(user: "u", password: "p")),
        .helper(name: "all", server: "a.example"),
      ])
    #expect(
      try file.answers(registry: "docker.io", repository: name).first
        == .helper(name: "hub", server: "https://index.docker.io/v1/"))
  }

  @Test("malformed files are named and not quoted", arguments: ["{", "[]", #"{"auths":{"a":{"auth":"!secret!"}}}"#])
  func malformed(text: String) throws {
    let error = #expect(throws: RegistryError.self) {
      let file = try CredentialFile(path: "/x/auth.json", bytes: Array(text.utf8))
      _ = try file.answers(registry: "a", repository: try #require(Repository("b")))
    }
    #expect(error?.place == "/x/auth.json")
    #expect(error.map { "\($0)".contains("secret") } == false)
  }

  @Test(
    "files are looked for where the container tools keep them",
    arguments: [
      (["REGISTRY_AUTH_FILE": "/a.json", "HOME": "/h"], ["/a.json"]),
      (
        ["HOME": "/h", "XDG_RUNTIME_DIR": "/run/user/7"],
        [
          "/run/user/7/containers/auth.json", "/run/containers/7/auth.json", "/h/.config/containers/auth.json",
          "/h/.docker/config.json",
        ]
      ),
      (
        ["HOME": "/h", "XDG_CONFIG_HOME": "/c", "DOCKER_CONFIG": "/d", "REGISTRY_AUTH_FILE": ""],
        ["/run/containers/7/auth.json", "/c/containers/auth.json", "/d/config.json"]
      ),
      ([:], ["/run/containers/7/auth.json"]),
    ])
  func paths(environment: [String: String], expected: [String]) {
    #expect(CredentialLookup.paths(environment: environment, userID: 7) == expected)
  }

  @Test("no form of printing shows a secret")
  func redaction() {
    for credential in [
      Credential.password(user: "ann", password: "s3cret"), .identityToken("s3cret"), .registryToken("s3cret"),
    ] {
      var dumped = ""
      dump(credential, to: &dumped)
      let texts = ["\(credential)", String(reflecting: credential), String(describing: [credential]), dumped]
      #expect(texts.allSatisfy { !$0.contains("s3cret") })
    }
  }

  @Test("a helper program is asked with the server on its standard input")
  func helper() async throws {
    try await withTemporaryDirectory { directory, _ in
      try write(
        """
        #!/bin/sh
        read server
        [ "$1" = get ] || exit 9
        case $server in
        a.example) echo '{"ServerURL":"a.example","Username":"ann","Secret":"s3cret"}' ;;
        b.example) echo '{"ServerURL":"b.example","Username":"<token>","Secret":"tok"}' ;;
        c.example) echo 'credentials not found in native keychain'; exit 1 ;;
        *) echo 'keyring is locked' >&2; exit 1 ;;
        esac
        """, to: directory.appending("docker-credential-test"), permissions: [.ownerReadWriteExecute])
      let helper = CredentialHelper(name: "test", environment: ["PATH": "\(directory):/usr/bin:/bin"])
      #expect(try await helper.credential(for: "a.example") == .password(user: "ann", password: "s3cret"))
      #expect(try await helper.credential(for: "b.example") == .identityToken("tok"))
      #expect(try await helper.credential(for: "c.example") == nil)
      let error = await #expect(throws: RegistryError.self) { try await helper.credential(for: "d.example") }
      #expect(error?.why == ["keyring is locked"])
    }
  }

  @Test("missing and misnamed helpers are errors", arguments: ["not-there", "../../bin/sh", "a b"])
  func badHelper(name: String) async {
    let helper = CredentialHelper(name: name, environment: ["PATH": "/usr/bin"])
    await #expect(throws: RegistryError.self) { try await helper.credential(for: "a.example") }
  }

  private func answers(_ text: String) throws -> [CredentialFile.Answer] {
    let reference = try Reference(parsing: text)
    return try CredentialFile(path: "auth.json", bytes: Array(Self.file.utf8))
      .answers(registry: reference.registry, repository: reference.repository)
  }
}
