import Linux
import OCI
import Synchronization
import SystemPackage

/// Finds the OCI runtime that works here by running a trivial container, and remembers the answer in a file.
///
/// The answer holds for this runtime binary, kernel and user; anything else is probed again.
package final class RuntimeProbe: Sendable {
  private let cacheFile: FilePath
  private let searchPath: String
  private let known = Mutex<[Bool: OCIRuntime]>([:])

  /// - Parameters:
  ///   - cacheFile: created when the first probe succeeds; its directory exists.
  ///   - searchPath: directories separated by colons, usually `PATH`.
  package init(cacheFile: FilePath, searchPath: String) {
    self.cacheFile = cacheFile
    self.searchPath = searchPath
  }

  /// The preferred runtime that works, in a user namespace of its own (`inner`) or without.
  ///
  /// - Throws: `RunError.machineCannot` with what each candidate said.
  package func runtime(inner: Bool) async throws -> OCIRuntime {
    if let runtime = known.withLock({ $0[inner] }) { return runtime }
    let searchPath = searchPath
    let candidates = try await BlockingPool.shared.run { OCIRuntime.candidates(searchPath: searchPath) }
    var refusals: [String] = []
    for candidate in candidates {
      if let refusal = try await refusal(of: candidate, inner: inner) {
        refusals.append("\(candidate.kind): \(refusal)")
      } else {
        known.withLock { $0[inner] = candidate }
        return candidate
      }
    }
    throw RunError.machineCannot(
      what: "run containers",
      reason: candidates.isEmpty ? "neither crun nor runc was found" : refusals.joined(separator: "; "),
      help: candidates.isEmpty ? "apt-get install crun" : "imgset doctor")
  }

  /// Why a runtime does not work, nil when it does.
  private func refusal(of runtime: OCIRuntime, inner: Bool) async throws -> String? {
    let cacheFile = cacheFile
    let key = try await BlockingPool.shared.run { try Self.key(runtime, inner: inner) }
    if try await BlockingPool.shared.run({ Self.cachedKeys(cacheFile).contains(key) }) { return nil }
    let refusal = try await Self.trial(of: runtime, inner: inner)
    if refusal == nil { try await BlockingPool.shared.run { try Self.remember(key, in: cacheFile) } }
    return refusal
  }

  /// Runs `/bin/true` of this machine in a container whose root is this machine's, read-only.
  private static func trial(of runtime: OCIRuntime, inner: Bool) async throws -> String? {
    try await withTemporaryDirectory { path, directory in
      let bundle = ContainerBundle(path: path, directory: directory)
      var spec = bundle.spec(arguments: ["/bin/true"], environment: [], user: .root, network: .host, inner: inner)
      spec.root.readonly = true
      try bundle.write(spec)
      let root = NamespaceAction.bind(source: "/", target: bundle.rootPath, readOnly: true, recursive: false)
      let program = bundle.program(runtime: runtime, root: [root], emulation: .none, inner: inner)
      do {
        let status = try await program.run(merged: true) { _, _ in }
        return status == 0 ? nil : bundle.runtimeComplaint() ?? "a trial container ended with status \(status)"
      } catch let error as LaunchError {
        return error.description
      }
    }
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
