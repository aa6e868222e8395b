import OCI

extension ELFHeader {
  /// What ELF files of an architecture look like.
  private struct Expectation {
    var machine: UInt16
    var is64Bit: Bool
    var isBigEndian = false
  }

  private static let expectations: [String: Expectation] = [
    "386": Expectation(machine: 3, is64Bit: false),
    "amd64": Expectation(machine: 62, is64Bit: true),
    "arm": Expectation(machine: 40, is64Bit: false),
    "arm64": Expectation(machine: 183, is64Bit: true),
    "loong64": Expectation(machine: 258, is64Bit: true),
    "mips64le": Expectation(machine: 8, is64Bit: true),
    "ppc64": Expectation(machine: 21, is64Bit: true, isBigEndian: true),
    "ppc64le": Expectation(machine: 21, is64Bit: true),
    "riscv64": Expectation(machine: 243, is64Bit: true),
    "s390x": Expectation(machine: 22, is64Bit: true, isBigEndian: true),
  ]

  /// Programs for the BPF machine inside the kernel, the same on every architecture of one byte order.
  private static let bpfMachine: UInt16 = 247
  /// `e_type` of core dumps, which are data.
  private static let coreType: UInt16 = 4

  /// Why the file cannot run on a platform; nil when it can, or when nothing is known about the platform.
  ///
  /// An image for amd64 may hold 32-bit x86 files, which its kernel runs; a 32-bit arm file on arm64 counts as wrong, since
  /// many of those machines cannot run it.
  package func mismatch(with platform: Platform) -> String? {
    guard machine != Self.bpfMachine, type != Self.coreType, let wanted = Self.expectations[platform.architecture]
    else {
      return nil
    }
    if platform.architecture == "amd64", machine == 3, !is64Bit, !isBigEndian { return nil }
    let isRight = machine == wanted.machine && is64Bit == wanted.is64Bit && isBigEndian == wanted.isBigEndian
    guard isRight else {
      return "found \(description), expected \(Self.text(machine: wanted.machine, wanted.is64Bit, wanted.isBigEndian))"
    }
    return abiMismatch(with: platform)
  }

  /// Differences that the flags show.
  private func abiMismatch(with platform: Platform) -> String? {
    switch platform.architecture {
    case "arm":
      guard flags >> 24 == 5 else { return "found arm with EABI version \(flags >> 24), expected version 5" }
      let isSoft = flags & 0x200 != 0
      guard isDynamic, isSoft, platform.variant != "v5" else { return nil }
      return
        "found arm for soft-float libraries, expected hard-float ones (arm\(platform.variant.map { "/\($0)" } ?? ""))"
    case "ppc64le":
      // 0 is "not said", as in objects without calls.
      return flags & 3 == 1 ? "found ppc64le with ELF ABI version 1, expected version 2" : nil
    default: return nil
    }
  }

  /// `arm64 (64-bit, little-endian)`.
  package var description: String { Self.text(machine: machine, is64Bit, isBigEndian) }

  private static func text(machine: UInt16, _ is64Bit: Bool, _ isBigEndian: Bool) -> String {
    let known = expectations.first {
      $0.value.machine == machine && $0.value.is64Bit == is64Bit && $0.value.isBigEndian == isBigEndian
    }
    let name = known?.key ?? "machine \(machine)"
    return "\(name) (\(is64Bit ? "64" : "32")-bit, \(isBigEndian ? "big" : "little")-endian)"
  }
}
