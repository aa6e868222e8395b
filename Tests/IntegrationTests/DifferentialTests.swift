import FoundationEssentials
import Linux
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// Random small recipes are built with imgset and with Debian's buildah; file trees and configurations are compared.
///
/// `IMGSET_DIFFERENTIAL=FIRST-LAST` says which seeds, for a long run; the default is a short one.
@Suite("the same as buildah")
struct DifferentialTests {
  static let seeds: [UInt64] = {
    let bounds = (Machine.environment("IMGSET_DIFFERENTIAL") ?? "1-24").split(separator: "-").compactMap { UInt64($0) }
    return bounds.count == 2 && bounds[0] <= bounds[1] ? Array(bounds[0]...bounds[1]) : []
  }()

  @Test("random recipes")
  func recipes() async throws {
    try #require(!Self.seeds.isEmpty, "IMGSET_DIFFERENTIAL is not FIRST-LAST")
    var counts = (same: 0, refused: 0, different: 0)
    try await withProgram { program, directory in
      let comparison = try await Comparison(program: program, directory: directory)
      for seed in Self.seeds {
        let recipe = RandomRecipe(seed: seed)
        let (ours, theirs) = try await comparison.build(recipe)
        switch (ours, theirs) {
        case (nil, nil): counts.refused += 1
        case (let ours?, let theirs?) where ours == theirs: counts.same += 1
        default:
          counts.different += 1
          let difference = comparison.difference(ours, theirs)
          Issue.record("seed \(seed):\n\(recipe.text)\(recipe.ignore.map { "ignore:\n\($0)" } ?? "")\(difference)")
        }
      }
    }
    print(
      "differential: \(Self.seeds.count) cases, \(counts.same) same, \(counts.refused) refused by both, \(counts.different) different"
    )
    #expect(counts.same > counts.refused, "most recipes must be good ones")
  }
}

/// Both tools with a context.
private final class Comparison: Sendable {
  let program: Program
  let directory: FilePath
  let set: SetFixture
  /// What imgset said last when it refused.
  private let refusal = Mutex("")

  /// What a build gave: a line for each file, and the parts of the configuration.
  struct Result: Equatable {
    var files: [String]
    var config: [String]
  }

  /// Makes the context: a shell and its tools in an archive, files of every kind.
  init(program: Program, directory: FilePath) async throws {
    self.program = program
    self.directory = directory
    set = try SetFixture(directory.appending("set"))
    try set.write("app/Dockerfile", "FROM scratch\n")
    let roots = try await TestRoots.directory(["amd64"])
    try await Tool.run("sh", ["-euc", Self.contextScript, "sh", directory.string, roots.string])
  }

  private static let contextScript = """
    mkdir "$1/root" && cd "$1/root"
    mkdir bin dev etc etc/skel proc run sys tmp usr usr/local real vol
    chmod 1777 tmp
    cp "$2/amd64/busybox" bin/busybox && chmod 755 bin/busybox
    for name in sh echo mkdir rm ln id pwd mv touch chmod true rmdir; do ln -s busybox bin/$name; done
    echo 'root:x:0:0:root:/root:/bin/sh' > etc/passwd
    echo 'user:x:1234:1235:user:/home/user:/bin/sh' >> etc/passwd
    printf 'root:x:0:\\nuser:x:1235:\\ngroup:x:77:user\\n' > etc/group
    touch etc/hosts etc/resolv.conf etc/hostname
    ln -s real dirlink
    cd "$1/set/components/app"
    tar -C "$1/root" --owner=0 --group=0 -cf root.tar .
    mkdir -p d/e em && echo a > a.txt && echo b > b.txt && echo x > d/x && echo y > d/y.txt && echo z > d/e/z
    echo '#!/bin/sh' > run.sh && chmod 755 run.sh && echo h > .hid && ln -s a.txt link
    mkdir -p "$1/t/td" && echo 1 > "$1/t/t1" && echo 2 > "$1/t/td/t2" && chmod 600 "$1/t/td/t2" && ln -s t1 "$1/t/tl"
    tar -C "$1/t" --owner=5 --group=6 -cf t.tar t1 td tl && tar -C "$1/t" --owner=5 --group=6 -czf t.tgz td
    """

  /// Builds with both; nil for a tool that refused.
  func build(_ recipe: RandomRecipe) async throws -> (ours: Result?, theirs: Result?) {
    try set.write("app/Dockerfile", recipe.text)
    try set.write("app/.dockerignore", recipe.ignore ?? "# nothing\n")
    return (try await ours(), try await theirs())
  }

  private func ours() async throws -> Result? {
    let built = try await program.build(set, "--arch", "amd64")
    guard built.status == 0 else {
      if built.status != 1 && built.status != 2 { throw ToolFailure(command: "imgset", output: built.errors) }
      refusal.withLock { $0 = built.errors }
      return nil
    }
    let layout = directory.appending("layout").string
    let bundle = directory.appending("bundle").string
    try await Tool.run("rm", ["-rf", layout, bundle])
    try await Tool.run(
      "skopeo", ["copy", "-q", "oci:\(program.store.string):localhost/app:latest", "oci:\(layout):app"])
    try await Tool.run("umoci", ["raw", "unpack", "--image", "\(layout):app", bundle])
    let document = try await Tool.run("skopeo", ["inspect", "--config", "--raw", "oci:\(layout):app"])
    return Result(files: try await files(in: bundle), config: try Self.config(document, at: ["config"]))
  }

  private func theirs() async throws -> Result? {
    let root = directory.appending("root-tree").string
    let storage = ["--root", directory.appending("storage").string, "--runroot", directory.appending("run").string]
    let buildah = try #require(Tool("buildah"))
    try await Tool.run("rm", ["-rf", root])
    let build = [
      "bud", "--isolation", "chroot", "--format", "docker", "--layers=false", "-q", "-t", "app", "-o",
      "type=local,dest=\(root)", set.path.appending("components").appending("app").string,
    ]
    do {
      try await buildah.run(["--storage-driver", "vfs"] + storage + build)
    } catch is ToolFailure {
      return nil
    }
    let document = try await buildah.run(
      ["--storage-driver", "vfs"] + storage + ["inspect", "--type", "image", "app"])
    let files = try await files(in: root)
    try await buildah.run(["--storage-driver", "vfs"] + storage + ["rmi", "--all", "--force"])
    return Result(files: files, config: try Self.config(document, at: ["Docker", "config"]))
  }

  /// Type, mode, owner, target and content of every file; times differ by design.
  private func files(in directory: String) async throws -> [String] {
    let script = """
      cd "$1"
      find . -mindepth 1 \\( -type d -printf '%P d %m %U:%G\\n' -o -type l -printf '%P l %U:%G -> %l\\n' \\
        -o -printf '%P %y %m %U:%G %n\\n' \\)
      find . -type f -exec sha256sum {} +
      """
    return try await Tool.run("sh", ["-euc", script, "sh", directory]).split(separator: "\n").map(String.init).sorted()
  }

  /// The members of a configuration that both tools write, empty ones left out, as lines.
  private static func config(_ document: String, at path: [String]) throws -> [String] {
    var value = try JSONDecoder().decode(JSONValue.self, from: Data(document.utf8))
    for name in path { value = value[name] ?? .object([:]) }
    let names = [
      "Env", "Cmd", "Entrypoint", "WorkingDir", "User", "ExposedPorts", "Volumes", "Labels", "StopSignal",
      "Healthcheck",
      "Shell", "OnBuild",
    ]
    return names.compactMap { name -> String? in
      guard var member = value[name] else { return nil }
      // An old variable with a new value goes to the end with one tool and keeps its place with the other.
      if name == "Env", case .list(let variables) = member {
        member = .list(variables.sorted { $0.description < $1.description })
      }
      if name == "Labels", case .object(var labels) = member {
        labels["io.buildah.version"] = nil
        member = .object(labels)
      }
      // No directory and the root are the same.
      if member.isEmpty || member == .text("/") && name == "WorkingDir" { return nil }
      return "\(name) \(member)"
    }
  }

  func difference(_ ours: Result?, _ theirs: Result?) -> String {
    guard let ours, let theirs else {
      return ours == nil ? "only imgset refuses: \(refusal.withLock { $0 })" : "only buildah refuses"
    }
    func lines(_ left: [String], _ right: [String], _ sign: String) -> [String] {
      left.filter { !right.contains($0) }.map { "\(sign) \($0)" }
    }
    let all =
      lines(ours.files, theirs.files, "imgset ") + lines(theirs.files, ours.files, "buildah")
      + lines(ours.config, theirs.config, "imgset ") + lines(theirs.config, ours.config, "buildah")
    return all.joined(separator: "\n")
  }
}
