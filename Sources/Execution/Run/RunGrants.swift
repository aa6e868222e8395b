import Dockerfile
import SystemPackage

/// What the user lets the commands of a run have beyond what their recipes say.
package struct RunGrants: Sendable {
  /// By the id that `RUN --mount=type=secret` names.
  package var secrets: [String: Secret]
  /// Sockets of SSH agents by the id that `RUN --mount=type=ssh` names.
  package var agents: [String: FilePath]
  package var entitlements: Set<Entitlement>
  package var limits: RunLimits

  package init(
    secrets: [String: Secret] = [:], agents: [String: FilePath] = [:], entitlements: Set<Entitlement> = [],
    limits: RunLimits = RunLimits()
  ) {
    self.secrets = secrets
    self.agents = agents
    self.entitlements = entitlements
    self.limits = limits
  }
}

/// A privilege that a recipe may ask for and only the user can give, in the spelling of `--allow`.
package enum Entitlement: String, CaseIterable, Hashable, Sendable {
  /// `RUN --security=insecure`.
  case insecure = "security.insecure"
  /// `RUN --network=host`: given anyway, since steps use the machine's network; accepted so that command lines fit.
  case hostNetwork = "network.host"
}

/// Bytes that are shown to commands and to nobody else: printing it prints no content.
package struct Secret: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
  package let content: [UInt8]

  package init(_ content: [UInt8]) { self.content = content }

  /// Most bytes that a secret may have; as in BuildKit.
  package static let limit = 500 << 10

  package var description: String { "(secret)" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Limits of the processes of a command that differ from the usual ones; they are part of the cache key.
package struct RunLimits: Hashable, Sendable {
  /// Bytes that /dev/shm may hold; nil for 64 MiB.
  package var sharedMemory: Int64?
  /// In the order of their names.
  package var resources: [ResourceLimit]

  package init(sharedMemory: Int64? = nil, resources: [ResourceLimit] = []) {
    self.sharedMemory = sharedMemory
    self.resources = resources.sorted { $0.name < $1.name }
  }

  /// Bytes of a size as people type it, such as `128m`; nil when it is none.
  package static func bytes(_ text: String) -> Int64? { ByteCount.parse(text) }

  /// What the cache key says of them; empty when everything is as usual.
  var description: String {
    let shared = sharedMemory.map { ["shm=\($0)"] } ?? []
    return (shared + resources.map { "\($0.name)=\($0.soft):\($0.hard)" }).joined(separator: " ")
  }
}

/// A limit of getrlimit(2).
package struct ResourceLimit: Hashable, Sendable {
  /// Without `RLIMIT_`, lower case: `nofile`.
  package let name: String
  /// `UInt64.max` is no limit.
  package let soft: UInt64
  package let hard: UInt64

  /// Names that Linux knows.
  package static let names = [
    "as", "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio",
    "rttime", "sigpending", "stack",
  ]

  /// Reads `NAME=SOFT[:HARD]` as in `docker build --ulimit`; -1 is no limit. nil when it is none.
  package init?(_ text: String) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, Self.names.contains(String(parts[0])) else { return nil }
    let values = parts[1].split(separator: ":", omittingEmptySubsequences: false)
      .map { $0 == "-1" ? UInt64.max : UInt64($0) }
    guard values.count <= 2, let soft = values[0], let hard = values[values.count - 1], soft <= hard else { return nil }
    name = String(parts[0])
    self.soft = soft
    self.hard = hard
  }
}
