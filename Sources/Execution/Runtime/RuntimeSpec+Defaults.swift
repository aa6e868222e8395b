extension RuntimeSpec.Capabilities {
  /// What a build step may do: the default set of Docker and containerd.
  ///
  /// The effective set of another user than root is empty, so that `USER` means what it says; set-id programs still
  /// gain from the bounding set.
  static func forBuild(uid: UInt32) -> RuntimeSpec.Capabilities {
    let names = [
      "CAP_AUDIT_WRITE", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_MKNOD",
      "CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID", "CAP_SYS_CHROOT",
    ]
    let own = uid == 0 ? names : []
    return RuntimeSpec.Capabilities(bounding: names, effective: own, permitted: own)
  }
}

extension RuntimeSpec.Mount {
  /// The file systems every container has; order matters, since some lie inside others.
  ///
  /// - Parameter ownsNetwork: whether the network namespace belongs to our user namespace, which mounting sysfs needs;
  ///   else the machine's own is bound, read-only.
  static func standard(ownsNetwork: Bool) -> [RuntimeSpec.Mount] {
    let restricted = ["nosuid", "noexec", "nodev"]
    let sys =
      ownsNetwork
      ? RuntimeSpec.Mount(destination: "/sys", type: "sysfs", source: "sysfs", options: restricted + ["ro"])
      : RuntimeSpec.Mount(destination: "/sys", type: "none", source: "/sys", options: ["rbind"] + restricted + ["ro"])
    return [
      RuntimeSpec.Mount(destination: "/proc", type: "proc", source: "proc", options: restricted),
      RuntimeSpec.Mount(
        destination: "/dev", type: "tmpfs", source: "tmpfs",
        options: ["nosuid", "strictatime", "mode=755", "size=65536k"]),
      RuntimeSpec.Mount(
        destination: "/dev/pts", type: "devpts", source: "devpts",
        options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
      RuntimeSpec.Mount(
        destination: "/dev/shm", type: "tmpfs", source: "shm", options: restricted + ["mode=1777", "size=65536k"]),
      sys,
    ]
  }

  static func bind(_ source: String, on destination: String, readOnly: Bool) -> RuntimeSpec.Mount {
    RuntimeSpec.Mount(
      destination: destination, type: "bind", source: source, options: ["rbind", "private", readOnly ? "ro" : "rw"])
  }
}

extension RuntimeSpec.Linux {
  /// The namespaces of a step with what is hidden or read-only in /proc and /sys, as container engines do.
  static func forBuild(network: NetworkMode) -> RuntimeSpec.Linux {
    RuntimeSpec.Linux(
      namespaces: (["pid", "mount", "ipc", "uts"] + (network == .none ? ["network"] : [])).map {
        RuntimeSpec.Namespace(type: $0)
      },
      maskedPaths: [
        "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/sched_debug",
        "/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/dev/block", "/sys/devices/virtual/powercap",
        "/sys/firmware",
      ],
      readonlyPaths: ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"])
  }
}
