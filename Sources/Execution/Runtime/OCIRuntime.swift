import Linux
import SystemPackage

/// An OCI runtime of this machine that has proven to work.
package struct OCIRuntime: Hashable, Sendable {
  package enum Kind: String, Sendable, Hashable, CaseIterable {
    /// Preferred: its start-up is four times as fast.
    case crun
    case runc
  }

  package var kind: Kind
  package var path: FilePath
  /// The seccomp profile as the kernel takes it, where the runtime accepts that: compiling it takes 11 ms a container.
  var compiledSeccomp: [UInt8]?

  /// The command line that runs the container of `bundle` in the foreground.
  ///
  /// Control groups are left alone: a step is not limited, everything in its PID namespace dies with it, and a killed
  /// runtime would leave groups behind.
  /// - Parameters:
  ///   - state: a directory of the step's own for the runtime's bookkeeping.
  ///   - inner: whether it runs in a user namespace of its own.
  ///   - log: file for the runtime's own errors, which keeps them apart from the step's output.
  func command(bundle: FilePath, state: FilePath, id: String, log: FilePath, inner: Bool) -> [[UInt8]] {
    let options: [String] =
      switch kind {
      case .crun: ["--cgroup-manager=disabled"]
      case .runc: inner ? ["--rootless=true"] : []
      }
    let paths: [[UInt8]] = [
      Array("--root=".utf8) + state.bytes, Array("--log=".utf8) + log.bytes, Array("run".utf8),
      Array("--bundle=".utf8) + bundle.bytes, Array(id.utf8),
    ]
    return [path.bytes] + options.map { Array($0.utf8) } + paths
  }

  /// All runtimes found in the directories of `searchPath`, the preferred one first.
  static func candidates(searchPath: String) -> [OCIRuntime] {
    let directories =
      searchPath.split(separator: ":").map { FilePath(String($0)) } + ["/usr/bin", "/usr/sbin", "/usr/local/bin"]
    return Kind.allCases.compactMap { kind in
      let paths = directories.filter(\.isAbsolute).map { $0.appending(kind.rawValue) }
      return paths.first(where: isExecutable).map { OCIRuntime(kind: kind, path: $0) }
    }
  }

  private static func isExecutable(_ path: FilePath) -> Bool {
    guard let file = try? FileDescriptor.open(path, .readOnly, options: [.closeOnExec]) else { return false }
    defer { file.closeQuietly() }
    guard let status = try? file.status() else { return false }
    return status.kind == .file && status.permissions & 0o111 != 0
  }
}
