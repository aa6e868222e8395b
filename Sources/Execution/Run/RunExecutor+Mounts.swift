import Content
import Dockerfile
import Linux
import OCI
import Planning
import SystemPackage

/// What the mounts of a step come to: places in the container, and variables that go with them.
struct StepMounts {
  var mounts: [RunMount] = []
  /// `NAME=value`, replacing those of the image; may hold secrets.
  var environment: [String] = []
  /// How many agents there are so far, for the numbers in their default places.
  var agents = 0
}

extension RunExecutor {
  /// The mounts of the instruction and the files that stand in it.
  ///
  /// - Parameter mounted: unpacked layers of stages and images, by position of the mount.
  func mounts(_ mounted: [Int: [FilePath]]) async throws -> StepMounts {
    var result = StepMounts()
    for (number, mount) in step.mounts.enumerated() {
      switch mount.kind {
      case .bind: result.mounts.append(try await bind(mount, number, mounted[number]))
      case .cache: result.mounts.append(try cache(mount, number, mounted[number]))
      case .tmpfs: result.mounts.append(tmpfs(mount))
      case .secret: try addSecret(mount, to: &result)
      case .ssh: try addAgent(mount, to: &result)
      }
    }
    for (path, content) in step.scripts.sorted(by: { $0.key < $1.key }) {
      let kind = RunMount.Kind.secret(content: content, permissions: 0o755, uid: 0, gid: 0)
      result.mounts.append(RunMount(kind, target: path, readOnly: true))
    }
    return result
  }

  private func tmpfs(_ mount: Dockerfile.RunMount) -> RunMount {
    let kind = RunMount.Kind.tmpfs(size: mount.size.map { UInt64(max(0, $0)) }, permissions: mount.mode ?? 0o1777)
    return RunMount(kind, target: absolute(mount.target), readOnly: mount.isReadOnly)
  }

  private func cache(_ mount: Dockerfile.RunMount, _ number: Int, _ lowers: [FilePath]?) throws -> RunMount {
    let target = absolute(mount.target)
    var key = "\(mount.id ?? FilePath(target).lexicallyNormalized().string) \(context.platform)"
    // As in BuildKit, a cache that begins differently is another cache.
    if mount.mode != nil || mount.uid != nil || mount.gid != nil {
      key += " \(mount.uid ?? 0):\(mount.gid ?? 0):\(String(mount.mode ?? 0o755, radix: 8))"
    }
    var seed: CacheSeed?
    if let lowers, let layers = layers(ofMount: number) {
      let source = mount.source ?? "/"
      key += " \(Digest.chainID(of: layers.map(\.diffID))?.description ?? "scratch") \(source)"
      seed = CacheSeed(lowers: lowers, path: Array(source.utf8))
    } else if mount.from != nil || mount.source != nil {
      throw RunError.invalidRequest(reason: "a cache can begin with files of a stage or an image only")
    }
    let directory = CacheDirectory(
      key: key, sharing: CacheSharing(rawValue: mount.sharing.rawValue) ?? .shared, permissions: mount.mode,
      uid: mount.uid, gid: mount.gid, seed: seed)
    return RunMount(.cache(directory), target: target, readOnly: mount.isReadOnly)
  }

  private func addSecret(_ mount: Dockerfile.RunMount, to result: inout StepMounts) throws {
    let id = mount.secretID
    guard let secret = context.machinery.grants.secrets[id] else {
      guard !mount.isRequired else {
        throw RunError.notGranted(
          what: "the secret `\(id)` is required and was not given",
          help: "imgset build --secret id=\(id),src=FILE, or --secret id=\(id),env=NAME")
      }
      return
    }
    if let name = mount.environment {
      guard let value = String(validating: secret.content, as: UTF8.self), !value.utf8.contains(0) else {
        throw RunError.invalidRequest(reason: "the secret `\(id)` is no text, so no variable can hold it")
      }
      result.set(name, value)
      if mount.target == nil { return }
    }
    let kind = RunMount.Kind.secret(
      content: secret.content, permissions: mount.mode ?? 0o400, uid: mount.uid ?? 0, gid: mount.gid ?? 0)
    result.mounts.append(RunMount(kind, target: absolute(mount.target ?? "/run/secrets/\(id)"), readOnly: true))
  }

  private func addAgent(_ mount: Dockerfile.RunMount, to result: inout StepMounts) throws {
    let id = mount.id ?? "default"
    guard let socket = context.machinery.grants.agents[id] else {
      guard !mount.isRequired else {
        throw RunError.notGranted(
          what: "the SSH agent `\(id)` is required and was not given",
          help: "imgset build --ssh \(id == "default" ? id : id + "=SOCKET"), with a running ssh-agent")
      }
      return
    }
    let target = absolute(mount.target ?? "/run/buildkit/ssh_agent.\(result.agents)")
    if result.agents == 0 { result.set("SSH_AUTH_SOCK", target) }
    result.agents += 1
    let kind = RunMount.Kind.agent(
      socket: socket, permissions: mount.mode ?? 0o600, uid: mount.uid ?? 0, gid: mount.gid ?? 0)
    result.mounts.append(RunMount(kind, target: target))
  }

  private func bind(
    _ mount: Dockerfile.RunMount, _ number: Int, _ lowers: [FilePath]?
  ) async throws -> RunMount {
    let source = mount.source ?? "/"
    let target = absolute(mount.target)
    if let lowers {
      let kind = RunMount.Kind.stage(lowers: lowers, path: Array(source.utf8), writable: !mount.isReadOnly)
      return RunMount(kind, target: target, readOnly: mount.isReadOnly)
    }
    let context = context(ofMount: number)
    let found = try await BlockingPool.shared.runCancellable { cancellation in
      try context.place(of: source, cancellation: cancellation)
    }
    let kind = RunMount.Kind.bind(source: found.path, writable: !mount.isReadOnly, hidden: found.hidden)
    return RunMount(kind, target: target, readOnly: mount.isReadOnly)
  }

  private func absolute(_ path: String?) -> String {
    guard let path else { return "/" }
    return path.hasPrefix("/") ? path : step.workingDirectory + "/" + path
  }
}

extension StepMounts {
  fileprivate mutating func set(_ name: String, _ value: String) { environment.append("\(name)=\(value)") }
}

extension Dockerfile.RunMount {
  /// What a secret is called on the command line: its id, else the last name of where it goes.
  var secretID: String { id ?? source ?? target.flatMap { FilePath($0).lastComponent?.string } ?? "" }
}
