import Content
import Dockerfile
import Linux
import OCI
import Planning
import SystemPackage

extension RunExecutor {
  /// The step in the terms of the runtime.
  ///
  /// - Parameters:
  ///   - lowers: the unpacked layers below, lowest first.
  ///   - mounted: the same for mounts of stages and images, by position of the mount.
  func request(lowers: [FilePath], mounted: [Int: [FilePath]]) async throws -> RunRequest {
    var mounts: [RunMount] = []
    for (number, mount) in step.mounts.enumerated() { mounts.append(try await self.mount(mount, mounted[number])) }
    for (path, content) in step.scripts {
      mounts.append(
        RunMount(.secret(content: content, permissions: 0o755, uid: 0, gid: 0), target: path, readOnly: true))
    }
    return RunRequest(
      lowers: lowers, arguments: step.arguments, environment: step.environment,
      workingDirectory: step.workingDirectory, user: step.user, platform: context.platform,
      network: step.network == .none ? .none : .host, mounts: mounts)
  }

  private func mount(_ mount: Dockerfile.RunMount, _ lowers: [FilePath]?) async throws -> RunMount {
    let target = absolute(mount.target ?? "/")
    switch mount.kind {
    case .bind:
      return RunMount(try await bind(mount, lowers), target: target, readOnly: mount.isReadOnly)
    case .cache:
      guard mount.from == nil else {
        throw RunError.invalidRequest(reason: "a cache mount that begins with files of a stage is not supported yet")
      }
      let key = "\(mount.id ?? target) \(context.platform)"
      let sharing = CacheSharing(rawValue: mount.sharing.rawValue) ?? .shared
      let kind = RunMount.Kind.cache(
        key: key, sharing: sharing, permissions: mount.mode ?? 0o755, uid: mount.uid ?? 0, gid: mount.gid ?? 0)
      return RunMount(kind, target: target, readOnly: mount.isReadOnly)
    case .tmpfs:
      return RunMount(.tmpfs(size: mount.size.map { UInt64(max(0, $0)) }), target: target, readOnly: mount.isReadOnly)
    case .secret, .ssh:
      guard !mount.isRequired else {
        throw RunError.invalidRequest(
          reason: "the \(mount.kind.rawValue) `\(mount.id ?? mount.target ?? "default")` is required and none is given")
      }
      // Without a secret the mount is an empty place, as in `docker build`.
      return RunMount(.tmpfs(size: 0), target: absolute(mount.target ?? "/run/secrets"), readOnly: true)
    }
  }

  private func bind(_ mount: Dockerfile.RunMount, _ lowers: [FilePath]?) async throws -> RunMount.Kind {
    let source = mount.source ?? "/"
    if let lowers { return .stage(lowers: lowers, path: Array(source.utf8), writable: !mount.isReadOnly) }
    let path = try await BlockingPool.shared.run { [root = scanner.root] in
      let pinned = try explaining("mount", Array(source.utf8)) { () throws(Errno) in
        try root.pin(source, .inRoot, followLast: true)
      }
      defer { pinned.closeQuietly() }
      // The kernel's own name of what was opened: nothing is joined as text.
      return try Directory(at: "/proc/self/fd").linkTarget(ofName: "\(pinned.rawValue)")
    }
    return .bind(source: FilePath(bytes: path), writable: !mount.isReadOnly)
  }

  private func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? path : step.workingDirectory + "/" + path
  }
}
