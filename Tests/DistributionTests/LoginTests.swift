import Glibc
import Linux
import OCI
import SystemPackage
import TestSupport
import Testing

@testable import Distribution

@Suite("login")
struct LoginTests {
  private static func store(_ path: FilePath, _ more: [String: String] = [:]) -> CredentialStore {
    CredentialStore(environment: more.merging(["REGISTRY_AUTH_FILE": path.string]) { $1 }, userID: 1000)
  }

  private static func text(_ path: FilePath) throws -> String {
    let file = try FileDescriptor.open(path, .readOnly)
    return String(decoding: try file.closeAfter { try file.readAll(limit: 1 << 20) }, as: UTF8.self)
  }

  @Test("the file is private, keeps what others wrote, and loses an entry with logout")
  func file() async throws {
    try await withTemporaryDirectory { directory, _ in
      let path = directory.appending("new").appending("auth.json")
      let place = try CredentialPlace(parsing: "quay.io/team/")
      let credentials = Credential.password(user: "ann", password: "s3:cret")
      #expect(try await Self.store(path).remove(place) == nil)
      #expect(try await Self.store(path).save(credentials, for: place) == path.string)
      var status = stat()
      #expect(stat(path.string, &status) == 0 && status.st_mode & 0o777 == 0o600)

      try write(
        #"{"other":{"a":[1,2.5,null,true]},"auths":{"quay.io":{"auth":"dTpw","extra":1}}}"#, to: path,
        permissions: .ownerReadWrite)
      _ = try await Self.store(path).save(credentials, for: place)
      let file = try CredentialFile(path: path.string, bytes: Array(try Self.text(path).utf8))
      let repository = try #require(Repository("team/app"))
      #expect(try file.answers(registry: "quay.io", repository: repository) == [.credential(credentials)])
      #expect(try await Self.store(path).remove(place) == path.string)
      #expect(try await Self.store(path).remove(place) == nil)
      let rest = try CanonicalJSON.decode(JSONValue.self, from: Array(try Self.text(path).utf8))
      #expect(rest["other"]?["a"] == .array([.integer(1), .number(2.5), .null, .bool(true)]))
      #expect(rest["auths"]?["quay.io"]?["extra"] == .integer(1))
    }
  }

  @Test("a helper that the file names keeps the secret instead of the file")
  func helper() async throws {
    try await withTemporaryDirectory { directory, _ in
      let (path, kept) = (directory.appending("auth.json"), directory.appending("kept"))
      try write(
        "#!/bin/sh\nread -r line; echo \"$1 $line\" >>\(kept)\n", to: directory.appending("docker-credential-test"),
        permissions: [.ownerReadWriteExecute])
      try write(#"{"credHelpers":{"quay.io":"test"}}"#, to: path)
      let store = Self.store(path, ["PATH": "\(directory):/usr/bin:/bin"])
      let place = try CredentialPlace(parsing: "quay.io")
      #expect(try await store.save(.password(user: "ann", password: "p"), for: place) == "the credential helper test")
      #expect(try await store.remove(place) == "the credential helper test")
      let expected = #"store {"Secret":"p","ServerURL":"quay.io","Username":"ann"}"# + "\nerase quay.io\n"
      #expect(try Self.text(kept) == expected)
      #expect(try !Self.text(path).contains("\"p\""))
    }
  }

  @Test(
    "a real registry accepts and refuses",
    .enabled(if: Tool.areInstalled("docker-registry", "htpasswd"), "needs docker-registry and htpasswd"))
  func registry() async throws {
    var options = RegistryFixture.Options()
    options.login = ("ann", "s3cret")
    try await RegistryFixture.with(options) { registry in
      let place = try CredentialPlace(parsing: registry.name)
      for (password, isRight) in [("s3cret", true), ("wr0ng", false)] {
        let lines = Collected<String>()
        var settings = RegistrySettings.forTests()
        settings.use(Trace { lines.append($0) })
        settings = settings.with(.password(user: "ann", password: password), for: place)
        let error: RegistryError?
        do {
          try await withRegistryClient(settings) { try await $0.checkLogin(place) }
          error = nil
        } catch let failure as RegistryError {
          error = failure
        }
        #expect((error == nil) == isRight)
        #expect(isRight || error?.kind == .status(401))
        #expect(!"\(error.map { "\($0)" } ?? "")\(lines.values)".contains(password))
        #expect(lines.values.contains { $0.contains("password of ann (redacted), as given for \(registry.name)") })
      }
    }
  }
}
