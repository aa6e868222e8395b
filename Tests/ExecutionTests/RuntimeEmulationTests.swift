import Linux
import OCI
import SystemPackage
import Testing

@testable import Execution

/// Debian's static busybox of other architectures, fetched by `scripts/test-roots.sh` into `$IMGSET_TEST_ROOTS/ARCH/busybox`.
private let foreignRoots = Machine.environment("IMGSET_TEST_ROOTS").map { FilePath($0) }

private let foreignArchitectures = ["arm64", "riscv64", "arm", "ppc64le"].filter { architecture in
  guard architecture != Architecture.host, let root = foreignRoots else { return false }
  return (try? FileDescriptor.open(root.appending(architecture).appending("busybox"), .readOnly).close()) != nil
}

@Suite(
  "RUN on foreign architectures", .enabled(if: Machine.effectiveUser == 0, "needs root"),
  .enabled(if: !foreignArchitectures.isEmpty, "IMGSET_TEST_ROOTS names no directory with foreign busyboxes"))
struct RuntimeEmulationTests {
  @Test("a foreign step runs by an emulator of its own user namespace", arguments: foreignArchitectures)
  func emulated(architecture: String) async throws {
    guard let platform = Platform(parsing: architecture), let roots = foreignRoots else { return }
    try await withLaboratory(busybox: roots.appending(architecture).appending("busybox")) { lab async throws in
      let request = lab.request("uname -m; mkdir /made; echo x > /made/file; id; echo ok", platform: platform)
      let (output, change) = try await lab.run(request)
      let machine = Architecture.machineName(of: platform)
      #expect(output == "\(machine)\nuid=0(root) gid=0(root)\nok\n")
      #expect(try listing(change.snapshot.files) == ["made", "made/file"])
      let status = try change.snapshot.files.status(ofName: "made")
      #expect([status.uid, status.gid] == [0, 0])
      try change.snapshot.discard()
    }
  }

  @Test("users, programs by shebang and exit status work under emulation", arguments: foreignArchitectures)
  func emulatedDetails(architecture: String) async throws {
    guard let platform = Platform(parsing: architecture), let roots = foreignRoots else { return }
    try await withLaboratory(busybox: roots.appending(architecture).appending("busybox")) { lab async throws in
      var request = lab.request(
        "printf '#!/bin/sh\\necho script $0 $1\\n' > /tmp/s; /bin/busybox chmod +x /tmp/s; /tmp/s arg; id -u; exit 9",
        platform: platform)
      request.user = "builder"
      request.mounts = [RunMount(.tmpfs(size: nil, permissions: 0o1777), target: "/tmp")]
      let collector = Collector()
      await #expect(throws: RunError.exited(status: 9)) {
        try await lab.runner.run(request) { collector.append($0) }
      }
      #expect(collector.text == "script /tmp/s arg\n1000\n")
    }
  }
}

@Suite("emulators")
struct EmulatorTests {
  @Test("an architecture without qemu-user is refused")
  func unknownArchitecture() async {
    await #expect(throws: RunError.self) {
      try await Emulator.find(for: Platform(architecture: "vax"), searchPath: "/usr/bin") { _ in
        Digest(sha256: [UInt8](repeating: 0, count: 32))
      }
    }
  }

  @Test(
    "registration lines carry the ELF header of the architecture",
    arguments: [
      ("arm64", [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0], [2, 0, 0xB7, 0]),
      ("arm", [0x7F, 0x45, 0x4C, 0x46, 1, 1, 1, 0], [2, 0, 0x28, 0]),
      ("s390x", [0x7F, 0x45, 0x4C, 0x46, 2, 2, 1, 0], [0, 2, 0, 0x16]),
      ("loong64", [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0], [2, 0, 0x02, 0x01]),
    ] as [(String, [UInt8], [UInt8])])
  func magic(architecture: String, head: [UInt8], tail: [UInt8]) throws {
    let format = try #require(ELFFormat(architecture: architecture))
    #expect(format.magic == head + [0, 0, 0, 0, 0, 0, 0, 0] + tail)
    #expect(format.mask.count == 20)
    let line = String(decoding: format.registration(name: "x", interpreter: "/q"), as: UTF8.self)
    #expect(line.hasPrefix(":x:M:0:\\x7f\\x45\\x4c\\x46\\x0"))
    #expect(line.hasSuffix(":/q:POCF"))
  }

  @Test("dynamic programs and other files are no emulators", arguments: ["/bin/ls", "/etc/passwd", "/bin", "/missing"])
  func notStatic(path: String) {
    #expect(!ELFFormat.isStaticExecutable(FilePath(path)))
  }

  @Test("a static program is one", .enabled(if: ELFFormat.isStaticExecutable("/bin/busybox"), "needs busybox-static"))
  func isStatic() {
    #expect(ELFFormat.isStaticExecutable("/bin/busybox"))
  }
}
