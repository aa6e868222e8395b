import Components
import Content
import Distribution
import Execution
import Layers
import Linux
import OCI
import Planning
import Progress
import Scheduling
import Snapshots
import Sources
import SystemPackage
import struct Crypto.SHA256

/// Everything that the cells of one run share: where files come from, where results go, and what the machine bears.
struct Workshop: Sendable {
  let request: BuildRequest
  let resolved: ResolvedSet
  let plan: BuildPlan
  let store: ContentStore
  let client: RegistryClient
  let resources: ResourcePool
  let workspaces: Workspaces
  let snapshots: SnapshotStore
  let layers: LayerStore
  let remotes: RemoteLibrary
  let runner: ContainerRunner
  /// Listings of the components' files and times of their sources, each made once.
  let inputs = SingleFlight<ComponentName, ComponentInputs>(remembers: true)
  let events: @Sendable (BuildEvent) -> Void

  /// What `build_binaries` and the layers of a component depend on, for all of its platforms.
  struct ComponentInputs: Sendable {
    let files: FileListing
    let epoch: SourceDateEpoch
  }

  /// The steps' machinery for a purpose.
  func machinery(_ purpose: StepMachinery.Purpose) -> StepMachinery {
    StepMachinery(
      store: store, layers: layers, snapshots: snapshots, runner: runner, resources: resources, remotes: remotes,
      purpose: purpose, set: request.directory.string, grants: request.grants,
      emulator: { [runner] in try await runner.emulator($0) })
  }

  /// How many cells may be under way at once: a few more than cores, since many wait for the network or the disk.
  var jobs: Int {
    switch resolved.set.settings.jobs.value {
    case .automatic: max(2, Machine.processors * 2)
    case .count(let count): count
    }
  }

  /// What is needed to make the workspace of a cell.
  func workspaceRequest(_ cell: Cell, _ component: Component) async throws -> WorkspaceRequest {
    let source = resolved.sources[component.name]
    let inputs = try await inputs.value(for: component.name) {
      ComponentInputs(
        files: try await workspaces.files(of: component),
        epoch: try await SourceDateEpoch.of(
          directory: request.directory.appending(component.path), source: source, environment: request.environment))
    }
    return WorkspaceRequest(
      component: component, platform: cell.id.platform, source: source, epoch: inputs.epoch, files: inputs.files)
  }
}

extension Pipeline {
  /// Runs `body` with a client for the registries, configured as this machine says.
  func withClient<R>(_ body: (RegistryClient) async throws -> R) async throws -> R {
    try await withRegistryClient(try await RegistrySettings.load(environment: request.environment), body)
  }

  /// Sets up what a run needs.
  func workshop(for plan: BuildPlan, of resolved: ResolvedSet, _ client: RegistryClient) async throws -> Workshop {
    let snapshots = try SnapshotStore(root: store.root.appending("snapshots"))
    // What a killed run left behind; nobody else's work is touched.
    try await BlockingPool.shared.run { try snapshots.sweep() }
    let resources = ResourcePool(capacity: capacity(resolved.set.settings))
    let digest: @Sendable (FileDescriptor, FileIdentity) throws -> Digest = { [store] in
      try store.digest(of: $0, $1)
    }
    let emulators = SingleFlight<Platform, Emulator>(remembers: true)
    let path = request.environment["PATH"] ?? "/usr/sbin:/usr/bin:/sbin:/bin"
    let runner = ContainerRunner(
      snapshots: snapshots, stateRoot: store.root, environment: request.environment
    ) { [store] platform in
      try await emulators.value(for: platform) {
        try await Emulator.find(for: platform, searchPath: path) { try store.digest(ofFileAt: $0) }
      }
    }
    let mirrors = GitMirrors(store: store.root, environment: request.environment)
    let workspaces = Workspaces(
      set: request.directory, store: store.root, mirrors: mirrors, environment: request.environment, digest: digest)
    let layers = LayerStore(store: store, resources: resources, workers: Machine.processors)
    return Workshop(
      request: request, resolved: resolved, plan: plan, store: store, client: client, resources: resources,
      workspaces: workspaces, snapshots: snapshots, layers: layers,
      remotes: RemoteLibrary(store: store, client: client, mirrors: mirrors), runner: runner, events: events)
  }

  private func capacity(_ settings: SetSettings) -> [Resource: Int] {
    let cores = Machine.processors
    if case .count(1) = settings.jobs.value { return [.cpu: cores, .emulatedCPU: 1, .network: 4] }
    return [.cpu: cores, .emulatedCPU: cores, .network: 4]
  }
}

extension ContentStore {
  /// The digest of an open file, remembered as long as the file does not change.
  func digest(of file: FileDescriptor, _ identity: FileIdentity) throws -> Digest {
    if let known = try records.fileDigests([identity])[identity] { return known }
    var hash = SHA256()
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 4096)
    defer { buffer.deallocate() }
    var offset: Int64 = 0
    while true {
      let count = try file.readSome(into: buffer, at: offset)
      if count == 0 { break }
      hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: buffer.prefix(count)))
      offset += Int64(count)
    }
    let digest = Digest(sha256: hash.finalize())
    try records.setFileDigests([(identity, digest)])
    return digest
  }

  /// As above, for a trusted path.
  func digest(ofFileAt path: FilePath) throws -> Digest {
    let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
    defer { file.closeQuietly() }
    return try digest(of: file, FileIdentity(file.status()))
  }
}
