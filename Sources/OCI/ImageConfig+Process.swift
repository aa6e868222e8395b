/// An object without members, which the specification uses as the value of a set's entries.
package struct EmptyObject: Hashable, Sendable, Codable {
  package init() {}
}

extension ImageConfig {
  /// Defaults for the container's process: the `config` object of an image's configuration.
  package struct Process: Hashable, Sendable, Codable {
    package var user: String?
    package var exposedPorts: [String: EmptyObject]?
    /// `NAME=value` in the order of declaration.
    package var env: [String]?
    package var entrypoint: [String]?
    package var cmd: [String]?
    package var volumes: [String: EmptyObject]?
    package var workingDir: String?
    package var labels: [String: String]?
    package var stopSignal: String?
    package var healthcheck: Healthcheck?
    package var onBuild: [String]?
    package var shell: [String]?
    package var argsEscaped: Bool?

    enum CodingKeys: String, CodingKey {
      case user = "User"
      case exposedPorts = "ExposedPorts"
      case env = "Env"
      case entrypoint = "Entrypoint"
      case cmd = "Cmd"
      case volumes = "Volumes"
      case workingDir = "WorkingDir"
      case labels = "Labels"
      case stopSignal = "StopSignal"
      case healthcheck = "Healthcheck"
      case onBuild = "OnBuild"
      case shell = "Shell"
      case argsEscaped = "ArgsEscaped"
    }

    package init() {}
  }

  /// How a running container is probed; all times in nanoseconds, absent or 0 means the runtime's default.
  package struct Healthcheck: Hashable, Sendable, Codable {
    /// `["NONE"]`, `["CMD", args…]` or `["CMD-SHELL", command]`.
    package var test: [String]?
    package var interval: Int64?
    package var timeout: Int64?
    package var startPeriod: Int64?
    package var startInterval: Int64?
    package var retries: Int?

    enum CodingKeys: String, CodingKey {
      case test = "Test"
      case interval = "Interval"
      case timeout = "Timeout"
      case startPeriod = "StartPeriod"
      case startInterval = "StartInterval"
      case retries = "Retries"
    }

    package init(test: [String]) { self.test = test }
  }
}
