import FoundationEssentials
import Linux
import OCI
import SystemPackage
import TestSupport

/// Everything that the MicroShift set takes from the internet, played by a registry and repositories of this machine.
struct MicroShiftFixture: Sendable {
  /// The set, a copy of the repository's `components/`.
  let set: SetFixture
  let registry: RegistryFixture
  let directory: FilePath
  /// With its own store, and the configuration by which the registry plays all others.
  let program: Program

  /// The release that the payload belongs to.
  static let version = "4.18.9"
  static let release = "registry.ci.openshift.org/ocp/release:\(version)"
  /// Components whose amd64 image comes with the release.
  static let released = ["cli", "coredns", "haproxy-router", "kube-rbac-proxy", "service-ca-operator"]

  /// Packages that recipes of the set install, under Debian's names.
  private static let packages = """
    bind9-dnsutils ca-certificates debianutils findutils gzip haproxy hostname libc6 libcap2 libcap2-bin lsof passwd procps \
    rsyslog socat tar util-linux
    """

  /// Makes the stand-ins and pushes them.
  init(in directory: FilePath, registry: RegistryFixture) async throws {
    self.directory = directory
    self.registry = registry
    let roots =
      Machine.environment("IMGSET_TEST_ROOTS").map { FilePath($0) }
      ?? Program.repository.pushing(".build/test-roots")
    let scripts = Program.repository.appending("scripts")
    try await Tool.run(
      "sh",
      [scripts.appending("test-roots.sh").string, "--packages", Self.packages, roots.string] + SetFixture.architectures)
    let standins = directory.appending("standins")
    try await Tool.run(
      "sh", [scripts.appending("microshift-standins.sh").string, standins.string, roots.string, registry.name])
    set = SetFixture(existing: directory.appending("set"))
    try await Tool.run("mkdir", [set.path.string])
    try await Tool.run("cp", ["-r", Program.repository.appending("components").string, set.path.string])
    program = Program(
      store: directory.appending("store"),
      environment: [
        "CONTAINERS_REGISTRIES_CONF": standins.appending("registries.conf").string,
        "GIT_CONFIG_GLOBAL": standins.appending("gitconfig").string,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GOCACHE": directory.appending("go").string,
        "DEST_REGISTRY": "\(registry.name)/microshift",
      ])
    var released: [String: String] = [:]
    let maker = Program(store: directory.appending("standin-store"))
    for image in try await Tool.run(
      "sh", ["-c", "cd \"$1\" && find . -name tag", "sh", standins.appending("images").string]
    )
    .split(separator: "\n").sorted() {
      let name = image.dropFirst(2).dropLast(4)
      let prefix = name.split(separator: "/").dropLast().joined(separator: "/")
      let path = standins.appending("images").pushing(FilePath(String(name)))
      let result = try await maker.build(
        SetFixture(existing: path), "--dest", "\(registry.name)/\(prefix)", "--tag",
        try Self.text(path.appending("tag")),
        "--arch", try Self.text(path.appending("arch")), "--push")
      guard result.status == 0 else { throw ToolFailure(command: "imgset build \(name)", output: result.errors) }
      released.merge(result.digests) { $1 }
    }
    try await pushRelease(released, standins, maker)
  }

  /// Makes and pushes the release image, whose payload names the images by digest and the commits of the repositories.
  private func pushRelease(_ digests: [String: String], _ standins: FilePath, _ maker: Program) async throws {
    let names = [
      "oc": "cli", "router": "haproxy-router", "coredns": "coredns", "kube-rbac-proxy": "kube-rbac-proxy",
      "service-ca-operator": "service-ca-operator",
    ]
    var tags: [String] = []
    for line in try Self.text(standins.appending("commits")).split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard let name = names[String(fields[0])], let digest = digests[name] else { continue }
      tags.append(
        """
        {"name":"\(name)","annotations":{"io.openshift.build.source-location":"\(fields[1])",
         "io.openshift.build.commit.id":"\(fields[2])"},
         "from":{"kind":"DockerImage","name":"quay.io/openshift-release-dev/\(name)@\(digest)"}}
        """)
    }
    let payload = """
      {"kind":"ImageStream","apiVersion":"image.openshift.io/v1","metadata":{"name":"\(Self.version)"},
       "spec":{"tags":[\(tags.joined(separator: ","))]}}
      """
    let set = try SetFixture(directory.appending("release"))
    try set.write("release/release-manifests/image-references", payload)
    try set.write("release/filler", String(repeating: "below the payload ", count: 1000))
    try set.write(
      "release/Dockerfile",
      "FROM scratch\nCOPY filler /filler\nCOPY release-manifests /release-manifests\nCOPY filler /above\n")
    let result = try await maker.build(
      set, "--dest", "\(registry.name)/registry.ci.openshift.org/ocp", "--tag", Self.version, "--arch", "amd64",
      "--push")
    guard result.status == 0 else { throw ToolFailure(command: "imgset build release", output: result.errors) }
  }

  /// Builds the set, or what the arguments say of it.
  func build(_ arguments: String...) async throws -> Program.Result {
    try await program.run(
      ["build", "-C", set.path.string, "--progress", "plain", "--release", Self.release] + arguments)
  }

  /// `component/arch: action` of `imgset plan`, those that are up to date left out, and the reasons.
  func plan(_ arguments: String...) async throws -> [String: String] {
    let result = try await program.run(
      ["plan", "-C", set.path.string, "--json", "--release", Self.release] + arguments)
    guard result.status == 0 else { throw ToolFailure(command: "imgset plan", output: result.errors) }
    let document = try JSONDecoder().decode(JSONValue.self, from: Data(result.output.utf8))
    guard case .list(let cells)? = document["cells"] else { return [:] }
    var actions: [String: String] = [:]
    for cell in cells {
      guard case .text(let name)? = cell["cell"], case .text(let action)? = cell["action"], action != "upToDate" else {
        continue
      }
      actions[name] = "\(action) \(cell["reasons"].map { "\($0)" } ?? "")"
    }
    return actions
  }

  /// Commits a change to a repository under its name at github.com; returns the commit.
  func commit(_ repository: String, _ file: String, _ content: String) async throws -> String {
    let script = """
      export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@x GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@x
      cd "$1" && printf %s "$3" > "$2" && git add -A && git commit -qm change && git rev-parse HEAD
      """
    let path = directory.pushing(FilePath("standins/git/github.com/\(repository)")).string
    return try await Tool.run("sh", ["-euc", script, "sh", path, file, content]).filter { !$0.isWhitespace }
  }

  private static func text(_ path: FilePath) throws -> String {
    let file = try FileDescriptor.open(path, .readOnly)
    defer { file.closeQuietly() }
    return String(decoding: try file.readAll(limit: 1 << 20), as: UTF8.self)
      .split(separator: "\n").joined(separator: "\n")
  }
}
