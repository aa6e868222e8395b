/// Names of processor architectures: what people type, and the one spelling the OCI image specification uses.
package enum Architecture {
  /// The canonical name and variant for any known spelling; unknown names are returned as they are.
  ///
  /// `arm64` and `amd64` have no variant when it is the base one (`v8`, `v1`); `arm` without a variant means `v7`.
  package static func canonical(_ name: String, variant: String? = nil) -> (name: String, variant: String?) {
    let variant = variant.flatMap { $0.isEmpty ? nil : $0 }
    let (base, implied) = aliases[name] ?? (name, nil)
    let chosen = variant ?? implied
    switch (base, chosen) {
    case ("arm64", "v8"), ("arm64", "8"), ("amd64", "v1"): return (base, nil)
    case ("arm", nil): return (base, "v7")
    case ("arm", "5"), ("arm", "6"), ("arm", "7"), ("arm", "8"): return (base, "v" + (chosen ?? ""))
    default: return (base, chosen)
    }
  }

  /// Whether `name` is a canonical name or an alias of one.
  package static func isKnown(_ name: String) -> Bool {
    canonicalNames.contains(name) || aliases[name] != nil
  }

  /// The name the kernel gives itself, as `uname -m` prints it: `x86_64`, `aarch64`, …
  package static func machineName(of platform: Platform) -> String {
    switch (platform.architecture, platform.variant) {
    case ("amd64", _): "x86_64"
    case ("arm64", _): "aarch64"
    case ("arm", let variant): "arm" + (variant ?? "v7") + "l"
    case ("386", _): "i686"
    default: platform.architecture
    }
  }

  /// The architecture this program was compiled for, in canonical spelling.
  package static let host: String = {
    #if arch(x86_64)
    "amd64"
    #elseif arch(arm64)
    "arm64"
    #elseif arch(arm)
    "arm"
    #elseif arch(powerpc64le)
    "ppc64le"
    #elseif arch(riscv64)
    "riscv64"
    #else
    "unknown"
    #endif
  }()

  /// Every canonical architecture name that container images are published for on Linux.
  package static let canonicalNames: Set<String> = [
    "386", "amd64", "arm", "arm64", "loong64", "mips64le", "ppc64le", "riscv64", "s390x",
  ]

  /// All names that can be typed, for suggestions.
  package static var allNames: [String] { (canonicalNames.union(aliases.keys)).sorted() }

  private static let aliases: [String: (String, String?)] = [
    "x86_64": ("amd64", nil), "x86-64": ("amd64", nil), "x64": ("amd64", nil),
    "aarch64": ("arm64", nil), "arm64v8": ("arm64", nil), "armv8": ("arm64", nil), "armv8l": ("arm64", nil),
    "armhf": ("arm", "v7"), "armhfp": ("arm", "v7"), "armv7": ("arm", "v7"), "armv7l": ("arm", "v7"),
    "armv7hl": ("arm", "v7"), "arm32v7": ("arm", "v7"), "armv6": ("arm", "v6"), "armv6l": ("arm", "v6"),
    "arm32v6": ("arm", "v6"), "armel": ("arm", "v6"), "armv5": ("arm", "v5"), "arm32v5": ("arm", "v5"),
    "ppc64el": ("ppc64le", nil), "powerpc64le": ("ppc64le", nil), "i386": ("386", nil), "i686": ("386", nil),
    "x86": ("386", nil), "loongarch64": ("loong64", nil),
  ]
}
