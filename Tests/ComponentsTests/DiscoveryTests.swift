import Components
import Diagnostics
import OCI
import Testing

@Suite("Discovery of components") struct DiscoveryTests {
  private static func discover(_ files: [String: String], prefix: String = "") throws -> ComponentSet {
    try ComponentSet(discovering: MemoryFiles(files: files), displayPrefix: prefix)
  }

  private static func messages(_ set: ComponentSet) -> [String] {
    set.diagnostics.map { "\($0.severity.rawValue): \($0.what)" }
  }

  @Test func findsComponentsBelowComponents() throws {
    let set = try Self.discover([
      "components/cli/Dockerfile": "FROM scratch\n",
      "components/cli/Dockerfile.aarch64": "FROM scratch\n",
      "components/cli/ImageSource.amd64": "$OCP_IMAGE_AMD64\n",
      "components/cli/build_binaries": "#!/bin/sh\n",
      "components/cli/.dockerignore": "src\n",
      "components/base-image/Containerfile.arm": "FROM scratch\n",
      "components/patches/fix.patch": "x", "components/.git/Dockerfile": "x", "README.md": "x", "other/Dockerfile": "x",
    ])
    #expect(set.diagnostics.isEmpty)
    #expect(set.components.map(\.name.description) == ["base-image", "cli"])
    let cli = try #require(set.components.last)
    #expect(cli.path == "components/cli")
    #expect(cli.hasBuildScript)
    #expect(cli.recipes.map(\.fileName) == ["Dockerfile", "Dockerfile.aarch64", "ImageSource.amd64"])
    #expect(cli.recipes.map { $0.platform?.description ?? "-" } == ["-", "linux/arm64", "linux/amd64"])
    #expect(cli.recipes[0].ignoreFile?.bytes == Array("src\n".utf8))
    #expect(set.components[0].recipes[0].platform?.description == "linux/arm/v7")
    #expect(!set.components[0].hasBuildScript)
  }

  @Test func aSetWithoutComponentsDirectoryIsOneItself() throws {
    let set = try Self.discover(["hello/Dockerfile": "FROM scratch\n", "README.md": "x"], prefix: "examples/one/")
    #expect(set.components.map(\.path) == ["hello"])
    #expect(set.components.map(\.displayPath) == ["examples/one/hello"])
    #expect(set.components[0].recipes[0].source.name == "examples/one/hello/Dockerfile")
  }

  @Test(arguments: [
    (
      "components/a/Dockerfile.aarch64",
      "error: `Dockerfile.aarch64` and `Dockerfile.arm64` are for the same architecture"
    ),
    ("components/a/Containerfile", "error: `Containerfile` and `Dockerfile` are for the same architecture"),
    ("components/a/Dockerfile.bak", "warning: not a recipe: `bak` is not an architecture"),
    ("components/a/Dockerfile.amr64", "warning: not a recipe: `amr64` is not an architecture"),
    ("components/a/dockerfile.arm", "warning: not a recipe: its name would be `Dockerfile.arm`"),
    ("components/a/Dockerfile.ARM", "warning: not a recipe: its name would be `Dockerfile.arm`"),
    ("components/a/Dockerfile.arm/x", "warning: a directory is not a recipe"),
    ("components/a/build_binaries", "error: `build_binaries` is not an executable file"),
    ("components/a/repo", "error: component `a` has no file `commit`"),
    ("components/Big/Dockerfile", "error: `Big` cannot be the name of a component"),
    ("components/a_/Dockerfile", "error: `a_` cannot be the name of a component"),
  ])
  func oneOddFileIsPointedOut(path: String, message: String) throws {
    var files = ["components/a/Dockerfile": "FROM scratch\n", "components/a/Dockerfile.arm64": "FROM scratch\n"]
    files[path] = "https://example.com/x"
    #expect(Self.messages(try Self.discover(files)) == [message])
  }

  @Test(arguments: [
    "Dockerfile.dockerignore", "Dockerfile.arm64.dockerignore", "Dockerfiles", "my.Dockerfile", "build",
  ])
  func otherFilesAreNotMentioned(name: String) throws {
    let set = try Self.discover(["components/a/Dockerfile": "FROM scratch\n", "components/a/\(name)": "#!x"])
    #expect(set.diagnostics.isEmpty)
    #expect(set.components[0].recipes.count == 1)
  }

  @Test func anUnreadableRecipeIsAnError() throws {
    let set = try Self.discover(["components/a/Dockerfile": "dangling"])
    #expect(Self.messages(set) == ["error: the recipe is not a readable file"])
  }

  @Test func anOversizedImageSourceIsRefused() throws {
    let set = try Self.discover(["components/a/ImageSource": String(repeating: "a", count: 70_000)])
    #expect(Self.messages(set) == ["error: cannot read the file"])
  }

  @Test func anEmptySetIsAnError() throws {
    let set = try Self.discover(["components/README": "x", "a/Dockerfile": "x"])
    #expect(Self.messages(set) == ["error: no components here"])
    #expect(set.diagnostics[0].why.first?.contains("`components/`") == true)
  }

  @Test func aSourceIsRepositoryAndCommit() throws {
    let set = try Self.discover([
      "components/a/Dockerfile": "FROM scratch\n", "components/a/repo": "# upstream\nhttps://example.com/a.git \n",
      "components/a/commit": "v0.10.0\n",
    ])
    #expect(set.diagnostics.isEmpty)
    #expect(set.components[0].source?.repository == "https://example.com/a.git")
    #expect(set.components[0].source?.revision == "v0.10.0")
  }

  @Test(arguments: [
    ("ext::sh -c id", "v1", "more than one word"), ("ext::id", "v1", "`ext::id` is not a git repository"),
    ("--upload-pack=id", "v1", "`--upload-pack=id` is not a git repository"),
    ("https://e.com/a", "--output=x", "`--output=x` is not a git commit"),
    ("https://e.com/a", "a..b", "`a..b` is not a git commit"), ("https://e.com/a", "\n", "the file is empty"),
    ("-u@h:x", "v1", "`-u@h:x` is not a git repository"),
    ("/", "v1", "`/` is not a git repository"), ("https:///x", "v1", "`https:///x` is not a git repository"),
    ("ssh://-oProxyCommand=id/x", "v1", "`ssh://-oProxyCommand=id/x` is not a git repository"),
    ("git@-h:x", "v1", "`git@-h:x` is not a git repository"),
  ])
  func hostileSourcesAreRefused(repo: String, commit: String, message: String) throws {
    let set = try Self.discover([
      "components/a/Dockerfile": "FROM scratch\n", "components/a/repo": repo, "components/a/commit": commit,
    ])
    #expect(Self.messages(set) == ["error: \(message)"])
    #expect(set.components[0].source == nil)
  }
}
