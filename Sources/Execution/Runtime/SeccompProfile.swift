import OCI

/// Which system calls a step may make: an allow-list, everything else fails with `ENOSYS`.
///
/// `ENOSYS` rather than `EPERM` makes C libraries fall back to an older call when they meet one that is not listed.
/// See [OCI runtime specification, "Seccomp"](https://github.com/opencontainers/runtime-spec/blob/v1.0.2/config-linux.md#seccomp).
struct SeccompProfile: Encodable {
  var defaultAction = "SCMP_ACT_ERRNO"
  var defaultErrnoRet: UInt32 = 38
  var architectures: [String]
  var syscalls: [Rule]

  struct Rule: Encodable {
    var names: [String]
    var action = "SCMP_ACT_ALLOW"
    var args: [Condition]?
  }

  struct Condition: Encodable {
    var index: UInt32
    var value: UInt64
    var op = "SCMP_CMP_EQ"
  }

  /// The profile for this machine; it also fits foreign programs, whose emulator makes this machine's calls.
  static let forBuild = SeccompProfile(
    architectures: nativeArchitectures,
    syscalls: [Rule(names: allowedNames)]
      + personalities.map { Rule(names: ["personality"], args: [Condition(index: 0, value: $0)]) })

  /// Linux, 32-bit Linux, both with the old version number, and the query.
  private static let personalities: [UInt64] = [0, 8, 0x20000, 0x20008, 0xFFFF_FFFF]

  private static var nativeArchitectures: [String] {
    switch Architecture.host {
    case "amd64": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]
    case "arm64": ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"]
    case "arm": ["SCMP_ARCH_ARM"]
    case "ppc64le": ["SCMP_ARCH_PPC64LE"]
    case "riscv64": ["SCMP_ARCH_RISCV64"]
    case "s390x": ["SCMP_ARCH_S390X", "SCMP_ARCH_S390"]
    default: []
    }
  }
}
