import Linux
import OCI
import Snapshots
import SystemPackage

/// Runs steps in containers of an OCI runtime, foreign ones through qemu-user.
///
/// Every step has its own mount, PID, IPC and UTS namespaces, made before the runtime starts: whatever way this process
/// ends, nothing of a step is left running or mounted. Implements `RUN` of the
/// [Dockerfile reference](https://docs.docker.com/reference/dockerfile/#run).
package struct ContainerRunner: StepRunner {
  let snapshots: SnapshotStore
  let caches: CacheDirectories
  let probe: RuntimeProbe
  let proxies: [String]
  package let emulator: @Sendable (Platform) async throws -> Emulator

  /// - Parameters:
  ///   - stateRoot: the store's directory; holds the caches of `RUN --mount=type=cache` and the runtime probe's answer.
  ///   - environment: of imgset itself, for `PATH` and the proxy variables.
  ///   - emulator: finds the emulator for a foreign platform, usually `Emulator.find` with its result remembered.
  package init(
    snapshots: SnapshotStore, stateRoot: FilePath, environment: [String: String],
    emulator: @escaping @Sendable (Platform) async throws -> Emulator
  ) {
    self.snapshots = snapshots
    caches = CacheDirectories(root: stateRoot.appending("cache"))
    probe = RuntimeProbe(stateRoot: stateRoot, searchPath: environment["PATH"] ?? "")
    proxies = Self.proxyNames.compactMap { name in environment[name].map { "\(name)=\($0)" } }
    self.emulator = emulator
  }

  package func check(_ platform: Platform) async throws { _ = try await means(for: platform) }

  package func run(
    _ request: RunRequest, output: @escaping @Sendable (ArraySlice<UInt8>) -> Void
  ) async throws -> StepChange {
    let (emulation, inner, runtime) = try await means(for: request.platform)
    let prepared = try await BlockingPool.shared.runCancellable { cancellation in
      try PreparedStep(
        request, runner: self, runtime: runtime, emulation: emulation, inner: inner, cancellation: cancellation)
    }
    do {
      let status = try await prepared.run(output)
      return try await BlockingPool.shared.run { try prepared.finish(status: status) }
    } catch {
      // Cleaned up also when the task is cancelled, hence not as work of the pool, which a cancelled task cannot start.
      prepared.abandon()
      throw error is LaunchError ? RunError.notStarted(reason: "\(error)") : error
    }
  }

  /// How steps of a platform are run here: the emulation, whether that needs an inner user namespace, and the runtime.
  private func means(for platform: Platform) async throws -> (Emulation, inner: Bool, OCIRuntime) {
    guard Machine.effectiveUser == 0 else {
      throw RunError.machineCannot(
        what: "run a step without a user namespace", reason: "mounting needs root or a range of subordinate ids",
        help: "apt-get install uidmap, and give the user ranges in /etc/subuid and /etc/subgid")
    }
    let emulation: Emulation = Emulator.isNeeded(for: platform) ? try .choose(for: await emulator(platform)) : .none
    let inner = if case .own = emulation { true } else { false }
    return (emulation, inner, try await probe.runtime(inner: inner))
  }

  /// Passed to every step that does not set them itself, and recorded nowhere.
  private static let proxyNames = ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"].flatMap {
    [$0, $0.lowercased()]
  }
}
