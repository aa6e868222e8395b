import Linux
import SystemPackage

extension SetFixture {
  /// All architectures of the contract.
  static let architectures = ["amd64", "arm64", "arm", "ppc64le", "riscv64"]

  /// The beginning of a Dockerfile on the set's own base image, three lines.
  static let onBase = "ARG REGISTRY\nARG OCP_TAG\nFROM $REGISTRY/base-image:$OCP_TAG\n"

  /// A set in the shape of the real ones: a base, an image that only copies, one that runs, and one that stands alone.
  static func standard(_ path: FilePath, architectures: [String] = ["amd64", "arm64"]) async throws -> SetFixture {
    let set = try SetFixture(path)
    try await set.addBase(architectures)
    try set.write(
      "cli/Dockerfile",
      onBase + "COPY tool /usr/bin/tool\nENTRYPOINT [\"/usr/bin/tool\"]\n")
    try set.write("cli/tool", "#!/bin/sh\necho tool\n")
    try set.write("dns/Dockerfile", onBase + "RUN /bin/busybox uname -m > /machine\nCMD [\"/bin/sh\"]\n")
    try set.write("pause/Dockerfile", "FROM scratch\nCOPY note /note\nUSER 65535\n")
    try set.write("pause/note", "pause\n")
    return set
  }
}
