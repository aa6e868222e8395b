import Linux
import OCI
import SystemPackage

/// The directory of a container: the root's mount point and the step's small files.
///
/// `config.json` may hold secrets, hence it is made on a memory file system that only the step's namespace has.
struct ContainerBundle {
  let path: FilePath
  let directory: Directory
  /// The container's name; unlike any other of the machine, since a runtime may name things outside after it.
  let id = "imgset-" + Directory.randomName()

  var rootPath: FilePath { path.appending("rootfs") }
  /// A tmpfs of the step's own mount namespace.
  var statePath: FilePath { path.appending("state") }
  /// Where the runtime keeps its own state.
  var runtimePath: FilePath { statePath.appending("runtime") }
  private var logPath: FilePath { path.appending("runtime.log") }

  func spec(
    _ process: (arguments: [String], environment: [String]), user: ContainerUser, network: NetworkMode,
    runtime: OCIRuntime, inner: Bool
  ) -> RuntimeSpec {
    var spec = RuntimeSpec(
      hostname: "imgset",
      process: RuntimeSpec.Process(
        user: RuntimeSpec.User(uid: user.uid, gid: user.gid, additionalGids: user.groups), args: process.arguments,
        env: process.environment, cwd: "/", capabilities: .forBuild(uid: user.uid)),
      root: RuntimeSpec.Root(path: rootPath.string),
      mounts: RuntimeSpec.Mount.standard(
        ownsNetwork: Machine.isInInitialUserNamespace && (network == .none || !inner)),
      linux: .forBuild(network: network))
    if let filter = runtime.compiledSeccomp {
      spec.annotations = [CompiledSeccomp.annotation: CompiledSeccomp.base64(filter)]
    } else {
      spec.linux.seccomp = .forBuild
    }
    return spec
  }

  /// Makes the places that the program's actions mount on.
  func makeMountPoints() throws(Errno) {
    _ = try directory.ensureDirectory("rootfs")
    _ = try directory.ensureDirectory("state")
  }

  /// Makes a file of the bundle, readable for everyone since it may be bound into the container; returns its path.
  @discardableResult
  func write(_ content: [UInt8], to name: String) throws(Errno) -> FilePath {
    let file = try directory.file(name, .writeOnly, options: [.create, .truncate])
    defer { file.closeQuietly() }
    try file.writeFully(content)
    try file.setPermissions(0o644)
    return path.appending(name)
  }

  /// The program that sets up the namespaces and becomes the runtime.
  ///
  /// - Parameter root: what mounts the root file system, and whatever else has to be there before the runtime.
  func program(
    _ spec: RuntimeSpec, runtime: OCIRuntime, root: [NamespaceAction], emulation: Emulation, inner: Bool
  ) throws -> IsolatedProgram {
    var actions: [NamespaceAction] = [
      .mount(type: "proc", target: "/proc", options: ""),
      .mount(type: "tmpfs", target: statePath, options: "mode=0755"),
      .createFile(
        content: try CanonicalJSON.encode(spec), target: statePath.appending("config.json"), permissions: 0o600,
        uid: 0, gid: 0),
    ]
    if Self.hasHybridControlGroups {
      // crun refuses a machine with both versions; an empty directory is neither.
      actions.append(.mount(type: "tmpfs", target: Self.unifiedPath, options: "mode=0755"))
    }
    var innerActions: [NamespaceAction] = []
    if case .own(let emulator) = emulation, let format = ELFFormat(architecture: emulator.architecture) {
      let table = statePath.appending("binfmt")
      actions.append(.makeDirectory(target: table))
      innerActions.append(.mount(type: "binfmt_misc", target: table, options: ""))
      innerActions.append(
        .write(
          content: format.registration(name: "emulator", interpreter: emulator.path),
          target: table.appending("register")))
    }
    return IsolatedProgram(
      actions: actions + root, userMapping: inner ? .identity() : nil, innerActions: innerActions,
      arguments: runtime.command(
        bundle: statePath, state: runtimePath, id: id, log: logPath, inner: inner),
      // The runtime's own environment; the step's is in config.json.
      environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"].map { Array($0.utf8) })
  }

  /// What the runtime wrote to its log; nil when it had nothing to say, which means that the step itself was run.
  func runtimeComplaint() -> String? {
    guard let file = try? directory.file("runtime.log") else { return nil }
    defer { file.closeQuietly() }
    let text = String(decoding: (try? file.readAll(limit: 64 << 10)) ?? [], as: UTF8.self)
    let lines = text.split(separator: "\n").map { Self.message(of: $0) }.filter { !$0.isEmpty }
    return lines.isEmpty ? nil : lines.suffix(3).joined(separator: "; ")
  }

  /// The message of a log line in logfmt (`time="…" level=error msg="…"`), or the line itself.
  private static func message(of line: Substring) -> String {
    if line.contains("level=warning") || line.contains("level=info") || line.contains("level=debug") { return "" }
    guard let start = line.firstRange(of: "msg=\"") else { return String(line) }
    let rest = line[start.upperBound...]
    return String(rest.hasSuffix("\"") ? rest.dropLast() : rest).split(separator: "\\\"").joined(separator: "\"")
  }

  private static let unifiedPath: FilePath = "/sys/fs/cgroup/unified"
  private static let hasHybridControlGroups = (try? Directory(at: unifiedPath)) != nil
}
