import Layers
import OCI
import Testing

@testable import Execution

@Suite("programs of another architecture")
struct PlatformGateTests {
  /// The beginning of an ELF file for a machine.
  static func program(machine: UInt8) -> [UInt8] {
    [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9) + [2, 0, machine, 0]
      + [UInt8](repeating: 0, count: 44)
  }

  static let amd64 = program(machine: 62)
  static let arm64 = program(machine: 183)

  func build(_ dockerfile: String, allowing patterns: [String] = []) async throws {
    try await withWorkbench { bench in
      try bench.context.write(Self.amd64, to: "amd64", mode: 0o755)
      try bench.context.write(Self.arm64, to: "arm64", mode: 0o755)
      var options = Workbench.Options()
      options.platform = try #require(Platform(parsing: "linux/arm64"))
      options.foreignFiles = patterns
      // Also when everything is there already.
      for _ in 1...2 { _ = try await bench.build(dockerfile, options) }
    }
  }

  @Test(
    "an image without them is made",
    arguments: [
      "FROM scratch\nCOPY arm64 /bin/x\n",
      "FROM scratch AS tools\nCOPY amd64 /bin/x\nFROM scratch\nCOPY --from=tools /bin /other/\nCOPY arm64 /other/x\n",
    ])
  func right(dockerfile: String) async throws { try await build(dockerfile) }

  @Test(
    "the file is named with what was found and what was expected",
    arguments: [
      "FROM scratch\nCOPY amd64 /bin/x\n", "FROM scratch AS a\nCOPY amd64 /bin/x\nFROM a\nENV A=b\n",
      "FROM scratch\nCOPY arm64 /bin/x\nCOPY amd64 /bin/x\n",
    ])
  func wrong(dockerfile: String) async throws {
    let error = await #expect(throws: ForeignBinaries.self) { try await build(dockerfile) }
    #expect(error?.what == "`/bin/x` is not for arm64")
    #expect(
      error?.why == ["/bin/x: found amd64 (64-bit, little-endian), expected arm64 (64-bit, little-endian)"])
  }

  @Test("a component may allow them")
  func allowed() async throws {
    try await build("FROM scratch\nCOPY amd64 /usr/lib/firmware/x\n", allowing: ["usr/lib/firmware/**"])
    await #expect(throws: ForeignBinaries.self) {
      try await build("FROM scratch\nCOPY amd64 /usr/lib/x\n", allowing: ["usr/lib/firmware/**"])
    }
  }
}
