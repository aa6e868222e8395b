import Linux
import OCI
import Synchronization
import SystemPackage

/// Finds the OCI runtime that works here by running a trivial container, and remembers the answer in a file.
///
/// The answer holds for this runtime binary, kernel and user; anything else is probed again.
package final class RuntimeProbe: Sendable {
  private let stateRoot: FilePath
  private let searchPath: String
  private let known = Mutex<[Bool: OCIRuntime]>([:])

  /// - Parameters:
  ///   - stateRoot: an existing directory; the answer is kept in its file `runtimes`.
  ///   - searchPath: directories separated by colons, usually `PATH`.
  package init(stateRoot: FilePath, searchPath: String) {
    self.stateRoot = stateRoot
    self.searchPath = searchPath
  }

  private var cacheFile: FilePath { stateRoot.appending("runtimes") }

  /// The preferred runtime that works, in a user namespace of its own (`inner`) or without.
  ///
  /// - Throws: `RunError.machineCannot` with what each candidate said.
  package func runtime(inner: Bool) async throws -> OCIRuntime {
    if let runtime = known.withLock({ $0[inner] }) { return runtime }
    let searchPath = searchPath
    let candidates = try await BlockingPool.shared.run { OCIRuntime.candidates(searchPath: searchPath) }
    var refusals: [String] = []
    for candidate in candidates {
      switch try await examine(candidate, inner: inner) {
      case .refuses(let reason): refusals.append("\(candidate.kind): \(reason)")
      case .works(let runtime):
        known.withLock { $0[inner] = runtime }
        return runtime
      }
    }
    throw RunError.machineCannot(
      what: "run containers",
      reason: candidates.isEmpty ? "neither crun nor runc was found" : refusals.joined(separator: "; "),
      help: candidates.isEmpty ? "apt-get install crun" : "imgset doctor")
  }

  /// The runtime with what was learnt about it, or why it does not work.
  private func examine(_ runtime: OCIRuntime, inner: Bool) async throws -> Examination {
    let key = try await BlockingPool.shared.run { try Self.key(runtime, inner: inner) }
    let seccomp = CompiledSeccomp(stateRoot: stateRoot, key: key)
    let known = try await BlockingPool.shared.run { [cacheFile] in
      (isKnown: Self.cachedKeys(cacheFile).contains(key), filter: seccomp.load())
    }
    var runtime = runtime
    if known.isKnown, known.filter != nil || runtime.kind != .crun {
      runtime.compiledSeccomp = known.filter
      return .works(runtime)
    }
    let (refusal, filter) = try await Self.trial(of: runtime, inner: inner)
    if let refusal { return .refuses(refusal) }
    runtime.compiledSeccomp = filter
    try await BlockingPool.shared.run { [cacheFile] in
      if let filter { try seccomp.save(filter) }
      if !known.isKnown { try Self.remember(key, in: cacheFile) }
    }
    return .works(runtime)
  }

  private enum Examination {
    case works(OCIRuntime)
    case refuses(String)
  }

  /// Runs `/bin/true` of this machine in a container that has this machine's programs, read-only.
  ///
  /// crun leaves the compiled seccomp filter in its state, from where a hook copies it for the containers to come.
  static func trial(
    of runtime: OCIRuntime, inner: Bool
  ) async throws -> (refusal: String?, filter: [UInt8]?) {
    try await withTemporaryDirectory { path, directory in
      let bundle = ContainerBundle(path: path, directory: directory)
      var spec = bundle.spec((["/bin/true"], []), user: .root, network: .host, runtime: runtime, inner: inner)
      if runtime.kind == .crun {
        let filter = bundle.runtimePath.appending(bundle.id).appending("seccomp.bpf").string
        spec.hooks = .init(poststart: [.init(path: "/bin/cp", args: ["cp", filter, path.appending("filter").string])])
      }
      spec.mounts += try programs(in: directory.ensureDirectory("rootfs"))
      try bundle.makeMountPoints()
      let program = try bundle.program(spec, runtime: runtime, root: [], emulation: .none, inner: inner)
      do {
        let status = try await program.run(merged: true) { _, _ in }
        guard status == 0 else {
          return (bundle.runtimeComplaint() ?? "a trial container ended with status \(status)", nil)
        }
        return (nil, CompiledSeccomp.read("filter", in: directory))
      } catch let error as LaunchError {
        return (error.description, nil)
      }
    }
  }

  /// Gives a root the directories that this machine's programs and libraries are in.
  ///
  /// Not `/` as a whole: in a user namespace it cannot be bound without all that is mounted below it.
  private static func programs(in root: Directory) throws -> [RuntimeSpec.Mount] {
    let machine = try Directory(at: "/")
    var mounts: [RuntimeSpec.Mount] = []
    for name in ["bin", "lib", "lib32", "lib64", "usr"] {
      guard let status = try? machine.status(ofName: name) else { continue }
      if status.kind == .symbolicLink {
        try root.makeSymbolicLink(name, to: machine.linkTarget(ofName: name))
      } else {
        try root.makeDirectory(name)
        mounts.append(.bind("/" + name, on: "/" + name, readOnly: true))
      }
    }
    return mounts
  }

  private static func key(_ runtime: OCIRuntime, inner: Bool) throws -> String {
    let file = try FileDescriptor.open(runtime.path, .readOnly, options: [.closeOnExec])
    defer { file.closeQuietly() }
    let status = try file.status()
    let facts = [
      "\(status.inode)", "\(status.size)", "\(status.modified.seconds).\(status.modified.nanoseconds)",
      "kernel="
        + String(decoding: Machine.contents(of: "/proc/sys/kernel/osrelease").prefix { $0 != 0x0A }, as: UTF8.self),
      "user=\(Machine.effectiveUser)", "initial=\(Machine.isInInitialUserNamespace)", "inner=\(inner)",
    ]
    return ([runtime.kind.rawValue, runtime.path.string] + facts).joined(separator: " ")
  }

  private static func cachedKeys(_ file: FilePath) -> [String] {
    String(decoding: Machine.contents(of: file), as: UTF8.self).split(separator: "\n").map(String.init)
  }

  private static func remember(_ key: String, in file: FilePath) throws {
    guard let name = file.lastComponent?.string else { return }
    let directory = try Directory(at: file.removingLastComponent())
    let keys = cachedKeys(file).suffix(16) + [key]
    let temporary = ".tmp-" + Directory.randomName()
    let written = try directory.file(temporary, .writeOnly, options: [.create, .exclusiveCreate])
    defer { written.closeQuietly() }
    try written.writeFully(Array((keys.joined(separator: "\n") + "\n").utf8))
    try directory.rename(temporary, to: name)
  }
}
