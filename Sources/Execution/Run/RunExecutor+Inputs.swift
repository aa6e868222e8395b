import struct Crypto.SHA256
import Dockerfile
import Layers
import Linux
import OCI
import Planning

extension RunExecutor {
  /// Everything that the command can see, as far as it is promised to be the same next time.
  func inputs() async throws -> CacheInputs {
    var inputs = context.inputs("run")
    inputs.set("arguments", step.arguments)
    inputs.set("environment", step.environment)
    inputs["workingDirectory"] = step.workingDirectory
    inputs["user"] = step.user
    inputs["network"] = step.network.rawValue
    if step.security == .insecure { inputs["security"] = step.security.rawValue }
    let limits = context.machinery.grants.limits.description
    if !limits.isEmpty { inputs["limits"] = limits }
    for (path, content) in step.scripts { inputs["script \(path)"] = String(decoding: content, as: UTF8.self) }
    for (number, mount) in step.mounts.enumerated() {
      inputs["mount \(number)"] = try await description(of: mount, number: number)
    }
    if isEmulated {
      let emulator = try await context.machinery.emulator(context.platform)
      inputs["emulator"] = "\(emulator.version) \(emulator.digest)"
    }
    return inputs
  }

  /// A mount as written, with a digest of what is mounted where that is known before.
  private func description(of mount: Dockerfile.RunMount, number: Int) async throws -> String {
    var parts = [
      mount.kind.rawValue, mount.source ?? "", mount.target ?? "", mount.id ?? "", "\(mount.isReadOnly)",
      mount.sharing.rawValue,
    ]
    // A secret or agent counts by its name and place, never by what it holds or whether it is given.
    if let name = mount.environment { parts.append("env=\(name)") }
    if let mode = mount.mode { parts.append("mode=\(String(mode, radix: 8))") }
    if mount.uid != nil || mount.gid != nil { parts.append("owner=\(mount.uid ?? 0):\(mount.gid ?? 0)") }
    if let size = mount.size { parts.append("size=\(size)") }
    if mount.kind == .bind {
      if let layers = layers(ofMount: number) {
        parts.append(Digest.chainID(of: layers.map(\.diffID))?.description ?? "scratch")
      } else {
        let source = mount.source ?? "/"
        let scanner = context(ofMount: number).scanner
        let digest = try await BlockingPool.shared.runCancellable { cancellation in
          let scan = try scanner.hashing(scanner.scan([source], cancellation: cancellation), cancellation: cancellation)
          let tree = try Tree([LayerIndex(scan.entries)])
          let selections = try tree.matches(of: source, CopyRules())
          return selections.compactMap { $0.listingDigest(in: tree)?.description }.joined(separator: " ")
        }
        parts.append(digest)
      }
    }
    return parts.joined(separator: "\n")
  }
}
