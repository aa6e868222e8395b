import Layers
import Linux
import Snapshots
import SystemPackage

/// A step with everything on disk that its container needs, ready to be started once.
struct PreparedStep: Sendable {
  private let program: IsolatedProgram
  private let base: MergedView
  private let snapshot: ActiveSnapshot
  private let mounts: PreparedMounts
  private let mountPoints: Set<EntryPath>

  /// Resolves the user, makes the bundle, the mount points and the mounts' directories; blocks.
  init(
    _ request: RunRequest, runner: ContainerRunner, runtime: OCIRuntime, emulation: Emulation, inner: Bool,
    cancellation: CancellationFlag
  ) throws {
    base = try MergedView(lowers: request.lowers.reversed())
    let user = try ContainerUser.resolve(request.user, in: base)
    snapshot = try runner.snapshots.begin()
    var acquired: PreparedMounts?
    do {
      let bundle = ContainerBundle(path: snapshot.path("bundle"), directory: try snapshot.workspace("bundle"))
      var stubs = MountPoints(base: base, directory: try snapshot.workspace("stubs"))
      let environment = Self.environment(of: request, user: user, proxies: request.proxies + runner.proxies)
      var spec = bundle.spec(
        (request.arguments, environment), user: user, network: request.network, runtime: runtime, inner: inner)
      spec.process.cwd = request.workingDirectory
      spec.apply(request.limits)
      if request.isInsecure { spec.liftRestrictions(uid: user.uid) }
      mounts = try PreparedMounts(
        request, bundle: bundle, snapshot: snapshot, caches: runner.caches,
        cancellation: cancellation)
      acquired = mounts
      let networkFiles = try Self.networkFiles(in: bundle, hostname: request.hostname)
      try stubs.ensureDirectory(request.workingDirectory)
      for mount in spec.mounts { try stubs.ensure(mount, isDirectory: true) }
      for mount in networkFiles { try stubs.ensure(mount, isDirectory: false) }
      for (mount, isDirectory) in mounts.specMounts { try stubs.ensure(mount, isDirectory: isDirectory) }
      spec.mounts += networkFiles + mounts.specMounts.map(\.mount)
      mountPoints = stubs.made
      try Self.inheritRoot(snapshot.files, from: base)
      try bundle.makeMountPoints()
      _ = try snapshot.workspace("work")
      let overlay = NamespaceAction.overlay(
        lowers: request.lowers.reversed() + [snapshot.path("stubs")],
        upper: OverlayUpper(upper: snapshot.path(), work: snapshot.path("work")), target: bundle.rootPath,
        userAttributes: OverlayAttributes.current == .user)
      program = try bundle.program(
        spec, runtime: runtime, root: [overlay] + mounts.actions, emulation: emulation, inner: inner)
    } catch {
      acquired?.release()
      try? snapshot.discard()
      throw error
    }
  }

  /// Runs the program, and meanwhile serves the ways to agents.
  func run(_ output: @escaping @Sendable (ArraySlice<UInt8>) -> Void) async throws -> CInt {
    guard !mounts.relays.isEmpty else { return try await program.run(merged: true) { _, bytes in output(bytes) } }
    return try await withThrowingTaskGroup(of: Void.self) { group in
      for relay in mounts.relays { group.addTask { try await BlockingPool.shared.run { relay.serve() } } }
      defer { for relay in mounts.relays { relay.stop() } }
      return try await program.run(merged: true) { _, bytes in output(bytes) }
    }
  }

  /// Turns the exit status into the step's result; the bundle is gone after.
  func finish(status: CInt) throws -> StepChange {
    mounts.release()
    guard status == 0 else {
      let bundle = ContainerBundle(path: snapshot.path("bundle"), directory: try snapshot.workspace("bundle"))
      if let complaint = bundle.runtimeComplaint() { throw RunError.notStarted(reason: complaint) }
      throw RunError.exited(status: status)
    }
    return StepChange(snapshot: snapshot, base: base, mountPoints: mountPoints)
  }

  /// Removes everything; for a step that failed or was cancelled.
  func abandon() {
    mounts.release()
    try? snapshot.discard()
  }

  /// Overlay shows the upper directory's own mode and owner as those of the root.
  private static func inheritRoot(_ upper: Directory, from base: MergedView) throws {
    guard let below = try base.rootNode()?.status else { return }
    try upper.descriptor.setOwner(uid: below.uid, gid: below.gid)
    try upper.descriptor.setPermissions(below.permissions)
  }

  /// The image's environment, then what a process expects in any case.
  private static func environment(of request: RunRequest, user: ContainerUser, proxies: [String]) -> [String] {
    let defaults = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=\(user.home)"] + proxies
    func name(_ variable: String) -> Substring { variable.prefix { $0 != "=" } }
    var present = Set(request.environment.map(name))
    return request.environment + defaults.filter { present.insert(name($0)).inserted }
  }

  /// Name resolution as on this machine.
  private static func networkFiles(in bundle: ContainerBundle, hostname: String) throws -> [RuntimeSpec.Mount] {
    let hosts = "127.0.0.1\tlocalhost \(hostname)\n::1\tlocalhost ip6-localhost ip6-loopback\n"
    let resolver = try bundle.write(Machine.contents(of: "/etc/resolv.conf"), to: "resolv.conf")
    return [
      .bind(resolver.string, on: "/etc/resolv.conf", readOnly: false),
      .bind(try bundle.write(Array(hosts.utf8), to: "hosts").string, on: "/etc/hosts", readOnly: false),
    ]
  }
}
