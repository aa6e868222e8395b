import Linux
import OCI
import Subprocess
import SystemPackage

/// The qemu-user program that runs another architecture's executables on this machine.
///
/// Its identity belongs to the cache key of every step that it runs.
package struct Emulator: Hashable, Sendable {
  /// The architecture it emulates, in OCI spelling.
  package var architecture: String
  package var path: FilePath
  /// First line of what `--version` prints.
  package var version: String
  /// Digest of the program file.
  package var digest: Digest

  package init(architecture: String, path: FilePath, version: String, digest: Digest) {
    self.architecture = architecture
    self.path = path
    self.version = version
    self.digest = digest
  }

  /// Whether programs for `platform` need an emulator here.
  package static func isNeeded(for platform: Platform) -> Bool {
    switch (Architecture.host, platform.architecture) {
    case let (host, wanted) where host == wanted: false
    case ("amd64", "386"): false
    default: true
    }
  }

  /// Finds the emulator for a foreign platform in the directories of `PATH`.
  ///
  /// Only a static program will do: it is opened here and runs inside the image, where its libraries are not.
  /// - Parameter digest: hashes a file; given by the store, which remembers digests by file identity.
  /// - Throws: `RunError.machineCannot` that says what to install, when there is none.
  package static func find(
    for platform: Platform, searchPath: String, digest: @escaping @Sendable (FilePath) throws -> Digest
  ) async throws -> Emulator {
    guard let format = ELFFormat(architecture: platform.architecture) else {
      throw RunError.machineCannot(
        what: "run programs for \(platform)", reason: "no emulator is known for this architecture",
        help: "build this component on a machine of that architecture")
    }
    let directories = searchPath.split(separator: ":").map { FilePath(String($0)) } + ["/usr/bin", "/usr/local/bin"]
    let names = ["qemu-\(format.emulatorName)-static", "qemu-\(format.emulatorName)"]
    for name in names {
      for directory in directories where directory.isAbsolute {
        let path = directory.appending(name)
        guard try await BlockingPool.shared.run({ ELFFormat.isStaticExecutable(path) }) else { continue }
        return Emulator(
          architecture: platform.architecture, path: path, version: try await version(of: path),
          digest: try await BlockingPool.shared.run { try digest(path) })
      }
    }
    throw RunError.machineCannot(
      what: "run programs for \(platform)", reason: "no static \(names[0]) was found",
      help: "apt-get install qemu-user-static")
  }

  private static func version(of path: FilePath) async throws -> String {
    let result = try await Subprocess.run(
      .path(path), arguments: ["--version"], output: .string(limit: 64 << 10), error: .discarded)
    try Task.checkCancellation()
    let line = result.standardOutput.split(separator: "\n").first.map(String.init)
    guard result.terminationStatus.isSuccess, let line else {
      throw RunError.machineCannot(
        what: "use '\(path)'", reason: "it does not tell its version",
        help: "apt-get install --reinstall qemu-user-static")
    }
    return line
  }
}
