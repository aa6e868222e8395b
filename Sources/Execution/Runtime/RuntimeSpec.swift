/// The `config.json` that tells an OCI runtime what to run.
///
/// Only what we use of the
/// [OCI runtime specification 1.0](https://github.com/opencontainers/runtime-spec/blob/v1.0.2/config.md).
struct RuntimeSpec: Encodable {
  var ociVersion = "1.0.2"
  var hostname: String
  var process: Process
  var root: Root
  var mounts: [Mount]
  var linux: Linux
  var annotations: [String: String]?
  var hooks: Hooks?

  struct Process: Encodable {
    var terminal = false
    var user: User
    var args: [String]
    var env: [String]
    var cwd: String
    var capabilities: Capabilities
    var noNewPrivileges = false
    var rlimits: [Limit]?
  }

  struct Limit: Encodable {
    var type: String
    var soft: UInt64
    var hard: UInt64
  }

  struct User: Encodable {
    var uid: UInt32
    var gid: UInt32
    var umask: UInt32 = 0o022
    var additionalGids: [UInt32]
  }

  struct Capabilities: Encodable {
    var bounding: [String]
    var effective: [String]
    var permitted: [String]
    var inheritable: [String] = []
    var ambient: [String] = []
  }

  struct Root: Encodable {
    var path: String
    var readonly = false
  }

  struct Mount: Encodable {
    var destination: String
    var type: String
    var source: String
    var options: [String]
  }

  struct Hooks: Encodable {
    var poststart: [Hook]
  }

  struct Hook: Encodable {
    var path: String
    var args: [String]
  }

  struct Namespace: Encodable {
    var type: String
  }

  struct Linux: Encodable {
    var namespaces: [Namespace]
    var maskedPaths: [String]
    var readonlyPaths: [String]
    var seccomp: SeccompProfile?
  }
}
