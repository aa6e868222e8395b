import Layers
import Linux
import Snapshots
import SystemPackage

/// The `RUN --mount`s of a step, as mounts of the runtime and as actions that come before it.
struct PreparedMounts: Sendable {
  /// In the order of the request; `isDirectory` tells what kind of place each one needs.
  private(set) var specMounts: [(mount: RuntimeSpec.Mount, isDirectory: Bool)] = []
  private(set) var actions: [NamespaceAction] = []
  /// Cache directories in use; their locks are held until `release`.
  private var leases: [String: CacheLease] = [:]
  /// Ways to the user's SSH agents, open until `release`.
  private(set) var relays: [SocketRelay] = []

  init(
    _ request: RunRequest, bundle: ContainerBundle, snapshot: ActiveSnapshot, caches: CacheDirectories,
    cancellation: CancellationFlag
  ) throws {
    do {
      try lease(request.mounts, from: caches, cancellation: cancellation)
      for (index, mount) in request.mounts.enumerated() {
        try add(mount, index: index, bundle: bundle, snapshot: snapshot)
      }
    } catch {
      release()
      throw error
    }
  }

  /// Lets other steps have the caches, and ends the ways to agents.
  func release() {
    for lease in leases.values { lease.release() }
    for relay in relays { relay.stop() }
  }

  /// Gets the caches, each once, in the order of their keys, so that two steps never wait for each other.
  private mutating func lease(
    _ mounts: [RunMount], from caches: CacheDirectories, cancellation: CancellationFlag
  ) throws {
    var wanted: [String: CacheDirectory] = [:]
    for mount in mounts {
      guard case .cache(let cache) = mount.kind else { continue }
      if let other = wanted[cache.key], other.sharing.strictness >= cache.sharing.strictness { continue }
      wanted[cache.key] = cache
    }
    for (key, cache) in wanted.sorted(by: { $0.key < $1.key }) {
      leases[key] = try caches.lease(cache, cancellation: cancellation)
    }
  }

  private mutating func add(
    _ mount: RunMount, index: Int, bundle: ContainerBundle, snapshot: ActiveSnapshot
  ) throws {
    switch mount.kind {
    case .bind(let source, let writable, let hidden):
      let isDirectory = Self.isDirectory(source)
      var lowers = [source]
      if !hidden.isEmpty {
        let space = try snapshot.workspace("hidden-\(index)")
        try Self.hide(hidden, of: Directory(at: source), in: space)
        lowers.append(snapshot.path("hidden-\(index)"))
      }
      let shown =
        writable && !mount.readOnly
        ? try copyOnWrite(lowers, index: index, bundle: bundle, snapshot: snapshot)
        : try stageRoot(lowers, writable: false, index: index, bundle: bundle, snapshot: snapshot)
      try bind(shown, mount, readOnly: !writable, isDirectory: isDirectory)
    case .stage(let lowers, let path, let writable):
      let root = try stageRoot(lowers, writable: writable, index: index, bundle: bundle, snapshot: snapshot)
      let location = try MergedView(lowers: lowers.reversed()).locate(path)
      guard let node = location.node else {
        throw RunError.invalidRequest(
          reason: "mount source '\(String(decoding: path, as: UTF8.self))' does not exist in its stage")
      }
      let inside = FilePath(bytes: location.path.joined(separator: [0x2F]))
      let isDirectory = node.status.kind == .directory
      try bind(root.appending(inside.components), mount, readOnly: !writable, isDirectory: isDirectory)
    case .cache(let cache):
      guard let lease = leases[cache.key] else { preconditionFailure("every cache was leased") }
      try bind(lease.path, mount, readOnly: false, isDirectory: true)
    case .tmpfs(let size, let permissions):
      let limit = size.map { ["size=\($0)"] } ?? []
      let mode = "mode=" + String(permissions, radix: 8)
      let options = ["nosuid", "nodev", mode, mount.readOnly ? "ro" : "rw"] + limit
      specMounts.append(
        (RuntimeSpec.Mount(destination: mount.target, type: "tmpfs", source: "tmpfs", options: options), true))
    case .secret(let content, let permissions, let uid, let gid):
      let path = bundle.statePath.appending("secret-\(index)")
      actions.append(.createFile(content: content, target: path, permissions: permissions, uid: uid, gid: gid))
      try bind(path, mount, readOnly: true, isDirectory: false)
    case .agent(let socket, let permissions, let uid, let gid):
      let name = "agent-\(index)"
      let relay = try SocketRelay(name, in: bundle.directory, to: socket)
      relays.append(relay)
      try bundle.directory.setOwner(name, uid: uid, gid: gid)
      try bundle.directory.setPermissions(name, permissions)
      try bind(bundle.path.appending(name), mount, readOnly: false, isDirectory: false)
    }
  }

  private mutating func bind(
    _ source: FilePath, _ mount: RunMount, readOnly: Bool, isDirectory: Bool
  ) throws {
    guard let text = String(validating: source.bytes, as: UTF8.self) else {
      throw RunError.invalidRequest(reason: "mount source '\(source)' is not UTF-8, which config.json cannot express")
    }
    let bound = RuntimeSpec.Mount.bind(text, on: mount.target, readOnly: readOnly || mount.readOnly)
    specMounts.append((bound, isDirectory))
  }

  private static func isDirectory(_ path: FilePath) -> Bool { (try? Directory(at: path)) != nil }

  /// A view of a directory whose changes are thrown away with the bundle.
  private mutating func copyOnWrite(
    _ lowers: [FilePath], index: Int, bundle: ContainerBundle, snapshot: ActiveSnapshot
  ) throws -> FilePath {
    let space = try snapshot.workspace("mount-\(index)")
    for name in ["upper", "work", "view"] { try space.makeDirectory(name) }
    let path = snapshot.path("mount-\(index)")
    guard Self.isDirectory(lowers[0]) else {
      throw RunError.invalidRequest(reason: "a writable bind mount needs a directory, '\(lowers[0])' is none")
    }
    actions.append(
      .overlay(
        lowers: lowers.reversed(), upper: OverlayUpper(upper: path.appending("upper"), work: path.appending("work")),
        target: path.appending("view"), userAttributes: OverlayAttributes.current == .user))
    return path.appending("view")
  }

  /// Fills the lower directory that takes paths away from the one below it.
  private static func hide(_ paths: [EntryPath], of source: Directory, in space: Directory) throws {
    func inherit(_ directory: Directory, _ status: FileStatus) throws(Errno) {
      try directory.descriptor.setOwner(uid: status.uid, gid: status.gid)
      try directory.descriptor.setPermissions(status.permissions)
    }
    try inherit(space, source.status())
    for path in paths {
      var (place, below) = (space, source)
      let names = path.components.map(Array.init)
      for name in names.dropLast() {
        place = try place.ensureDirectory(name)
        below = try below.directory(name)
        try inherit(place, below.status())
      }
      if let last = names.last { try place.makeNode(last, .character, permissions: 0) }
    }
  }

  /// Where a stage's merged tree is to be seen.
  private mutating func stageRoot(
    _ lowers: [FilePath], writable: Bool, index: Int, bundle: ContainerBundle, snapshot: ActiveSnapshot
  ) throws -> FilePath {
    guard lowers.count != 1 || writable else { return lowers[0] }
    guard !lowers.isEmpty else { throw RunError.invalidRequest(reason: "the stage to mount from is empty") }
    if writable { return try copyOnWrite(lowers, index: index, bundle: bundle, snapshot: snapshot) }
    _ = try snapshot.workspace("mount-\(index)")
    let path = snapshot.path("mount-\(index)")
    actions.append(
      .overlay(
        lowers: lowers.reversed(), upper: nil, target: path, userAttributes: OverlayAttributes.current == .user))
    return path
  }
}
