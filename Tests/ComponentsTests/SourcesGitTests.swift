import Components
import Diagnostics
import Linux
import SystemPackage
import Testing

@testable import Sources

@Suite("Git sources and times") struct SourcesGitTests {
  @Test func theEpochIsTheLastCommitOfTheDirectory() async throws {
    try await SourcesFixture.with(["components/a/Dockerfile": "x", "components/b/Dockerfile": "x"]) { fixture in
      let (a, b) = (fixture.set.appending("components/a"), fixture.set.appending("components/b"))
      let environment = fixture.environment
      #expect(try await SourceDateEpoch.of(directory: a, environment: environment).origin == .unknown)
      try await fixture.git("init", "--quiet")
      #expect(try await SourceDateEpoch.of(directory: a, environment: environment).seconds == 0)
      try await fixture.git("add", "components/a")
      try await fixture.git("commit", "--quiet", "-m", "one")
      let known = try await SourceDateEpoch.of(directory: a, environment: environment)
      #expect(known == SourceDateEpoch(seconds: 1_700_000_000, origin: .directory))
      #expect(try await SourceDateEpoch.of(directory: b, environment: environment).origin == .unknown)
      let forced = try await SourceDateEpoch.of(
        directory: a, environment: environment.merging(["SOURCE_DATE_EPOCH": "5"]) { $1 })
      #expect(forced == SourceDateEpoch(seconds: 5, origin: .environment))
    }
  }

  @Test(arguments: ["x", "-1", "1.5"])
  func aBadEpochIsAnError(text: String) async throws {
    await #expect(throws: DiagnosticsError.self) {
      try await SourceDateEpoch.of(directory: "/", environment: ["SOURCE_DATE_EPOCH": text])
    }
  }

  @Test func theSetIsDescribedByItsTags() async throws {
    try await SourcesFixture.with(["a": "x"]) { fixture in
      let environment = fixture.environment
      #expect(try await SetVersion.describe(fixture.set, environment: environment) == nil)
      try await fixture.git("init", "--quiet")
      #expect(try await SetVersion.describe(fixture.set, environment: environment) == nil)
      try await fixture.git("add", ".")
      try await fixture.git("commit", "--quiet", "-m", "one")
      try await fixture.git("tag", "release/4.18+1")
      #expect(try await SetVersion.describe(fixture.set, environment: environment)?.description == "release-4.18-1")
      try fixture.write("a", "y")
      let dirty = try await SetVersion.describe(fixture.set, environment: environment)
      #expect(dirty?.description == "release-4.18-1-dirty")
    }
  }

  private static func source(_ path: FilePath, _ revision: String) throws -> GitSource {
    try #require(GitSource(repository: path.string, revision: revision, place: "components/c/repo"))
  }

  @Test func aSourceIsCheckedOutForEachArchitecture() async throws {
    let script =
      "#!/bin/sh\nset -e\ncd src\ntest ! -e patched\necho $1 > patched\ngit describe --tags\nmkdir ../bin\ncp a patched ../bin\n"
    try await SourcesFixture.with(["a": "source one\n"]) { fixture in
      try await fixture.git("init", "--quiet", "-b", "main")
      try await fixture.git("add", ".")
      try await fixture.git("commit", "--quiet", "-m", "one")
      try await fixture.git("tag", "v1.2")
      let mirrors = GitMirrors(store: fixture.store, environment: fixture.environment)
      let tagged = try await mirrors.resolve(try Self.source(fixture.set, "v1.2"))
      #expect(tagged.version == "v1.2")
      #expect(tagged.time == 1_700_000_000)
      #expect(tagged.commit.count == 40)
      try fixture.write("components/c/Dockerfile", "FROM scratch\n")
      try fixture.write("components/c/build_binaries", script)
      try fixture.write("components/c/src/a", "the user's own\n")
      try fixture.write("components/c/repo", fixture.set.string)
      try fixture.write("components/c/commit", "v1.2")
      for name in ["arm64", "amd64"] {
        let result = try await fixture.build("c", name, source: tagged)
        #expect(result.lines == ["v1.2"])
        #expect(try result.file("bin/a") == "source one\n")
        #expect(try result.file("bin/patched") == name + "\n")
        #expect(try result.file("src/a") == "source one\n")
      }
      #expect(try SourcesFixture.read(fixture.set.appending("components/c/src/a")) == "the user's own\n")
      #expect(try await fixture.build("c", source: tagged).script == .upToDate)
    }
  }

  @Test func branchesMoveAndTagsStay() async throws {
    try await SourcesFixture.with(["a": "1"]) { fixture in
      try await fixture.git("init", "--quiet", "-b", "main")
      try await fixture.git("add", ".")
      try await fixture.git("commit", "--quiet", "-m", "one")
      let mirrors = GitMirrors(store: fixture.store, environment: fixture.environment)
      let first = try await mirrors.resolve(try Self.source(fixture.set, "main"))
      #expect(first.version == "")
      try fixture.write("a", "2")
      try await fixture.git("commit", "--quiet", "-a", "-m", "two")
      #expect(try await mirrors.resolve(try Self.source(fixture.set, "main"), offline: true).commit == first.commit)
      let second = try await mirrors.resolve(try Self.source(fixture.set, "main"))
      #expect(second.commit != first.commit)
      // A full name needs no network: the repository may be gone.
      try Directory(at: fixture.set).removeTree(".git")
      #expect(try await mirrors.resolve(try Self.source(fixture.set, first.commit)).commit == first.commit)
    }
  }

  @Test func aMissingCommitNamesTheFile() async throws {
    try await SourcesFixture.with(["a": "1"]) { fixture in
      try await fixture.git("init", "--quiet", "-b", "main")
      try await fixture.git("add", ".")
      try await fixture.git("commit", "--quiet", "-m", "one")
      let mirrors = GitMirrors(store: fixture.store, environment: fixture.environment)
      let error = await #expect(throws: SourceError.self) {
        try await mirrors.resolve(try Self.source(fixture.set, "v9"))
      }
      #expect(error?.what == "no commit `v9` in \(fixture.set)")
      #expect(error?.place == "components/c/repo")
      let nowhere = await #expect(throws: SourceError.self) {
        try await mirrors.resolve(try Self.source("/no/such/repository", "v9"))
      }
      #expect(nowhere?.what == "git cannot fetch the source")
      #expect(nowhere?.lastOutput.isEmpty == false)
    }
  }

  @Test func withoutGitTheErrorSaysSo() async throws {
    try await SourcesFixture.with { fixture in
      let mirrors = GitMirrors(store: fixture.store, environment: ["PATH": fixture.set.string])
      let source = try Self.source("/repository", "v1")
      for _ in 0..<2 {
        let error = await #expect(throws: SourceError.self) { try await mirrors.resolve(source) }
        #expect(error?.what == "git is not installed")
      }
      let epoch = try await SourceDateEpoch.of(directory: fixture.set, environment: ["PATH": fixture.set.string])
      #expect(epoch.origin == .unknown)
    }
  }
}
