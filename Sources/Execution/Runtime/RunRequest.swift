import OCI
import SystemPackage

/// Everything that decides what one RUN step does: the tree it starts from and the process to run in it.
package struct RunRequest: Sendable {
  /// The snapshots of the layers below, lowest first; none for `FROM scratch`.
  package var lowers: [FilePath]
  /// The program and its arguments; for the shell form the shell is already in front.
  package var arguments: [String]
  /// `NAME=value` as the image has it; what the step needs beyond (`PATH`, `HOME`, proxies) is added where missing.
  package var environment: [String]
  /// Absolute path inside the image.
  package var workingDirectory: String
  /// `USER`: name or number, optionally with `:group`; empty means root.
  package var user: String
  package var platform: Platform
  package var network: NetworkMode
  package var mounts: [RunMount]
  package var hostname: String
  /// `NAME=value` of proxies, for what the environment does not set; recorded nowhere.
  package var proxies: [String] = []
  /// Whether the process has all capabilities and may make every system call.
  package var isInsecure = false
  package var limits = RunLimits()

  package init(
    lowers: [FilePath], arguments: [String], environment: [String] = [], workingDirectory: String = "/",
    user: String = "", platform: Platform, network: NetworkMode = .host, mounts: [RunMount] = []
  ) {
    self.lowers = lowers
    self.arguments = arguments
    self.environment = environment
    self.workingDirectory = workingDirectory
    self.user = user
    self.platform = platform
    self.network = network
    self.mounts = mounts
    hostname = "imgset"
  }
}

/// What of the network a step can reach.
package enum NetworkMode: String, Sendable, Hashable, CaseIterable {
  /// The network of this machine, its ports included.
  case host
  /// Nothing but a loopback interface of its own.
  case none
}
