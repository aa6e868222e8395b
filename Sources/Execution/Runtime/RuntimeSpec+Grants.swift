import Linux

extension RuntimeSpec {
  /// Sets limits that differ from the usual ones.
  mutating func apply(_ limits: RunLimits) {
    if let size = limits.sharedMemory, let position = mounts.firstIndex(where: { $0.destination == "/dev/shm" }) {
      mounts[position].options.removeAll { $0.hasPrefix("size=") }
      mounts[position].options.append("size=\(size)")
    }
    guard !limits.resources.isEmpty else { return }
    process.rlimits = limits.resources.map {
      Limit(type: "RLIMIT_" + $0.name.uppercased(), soft: $0.soft, hard: $0.hard)
    }
  }

  /// Takes away what keeps a command from the kernel, for `--security=insecure`.
  mutating func liftRestrictions(uid: UInt32) {
    annotations = nil
    linux.seccomp = nil
    linux.maskedPaths = []
    linux.readonlyPaths = []
    let names = Capabilities.ofThisProcess
    let own = uid == 0 ? names : []
    process.capabilities = Capabilities(bounding: names, effective: own, permitted: own)
  }
}

extension RuntimeSpec.Capabilities {
  /// In the order of their numbers, see capabilities(7).
  private static let names = [
    "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
    "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
    "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
    "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
    "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
    "CHECKPOINT_RESTORE",
  ]

  /// What can be given away at all: a container has no more than its maker.
  static var ofThisProcess: [String] {
    let status = String(decoding: Machine.contents(of: "/proc/self/status"), as: UTF8.self)
    let line = status.split(separator: "\n").first { $0.hasPrefix("CapEff:") }
    let set = line.flatMap { UInt64($0.dropFirst(7).trimmingBlanks, radix: 16) } ?? 0
    return names.indices.filter { set & (1 << UInt64($0)) != 0 }.map { "CAP_" + names[$0] }
  }
}

extension Substring {
  fileprivate var trimmingBlanks: Substring { drop { $0 == " " || $0 == "\t" } }
}
