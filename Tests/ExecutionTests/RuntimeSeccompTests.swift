import Linux
import SystemPackage
import Testing

@testable import Execution

@Suite("seccomp filters")
struct RuntimeSeccompTests {
  @Test(
    "base64 as in RFC 4648",
    arguments: [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
      ("foobar", "Zm9vYmFy"), ("\u{00FF}\u{00BF}", "w7/Cvw=="),
    ])
  func base64(plain: String, encoded: String) {
    #expect(CompiledSeccomp.base64(Array(plain.utf8)) == encoded)
  }

  @Test("what is not a program of whole instructions is not taken", arguments: [0, 7, 8 * 4096 + 8])
  func implausible(size: Int) async throws {
    try await withTemporaryDirectory { path, directory in
      let seccomp = CompiledSeccomp(stateRoot: path, key: "k")
      try seccomp.save([UInt8](repeating: 1, count: size))
      #expect(seccomp.load() == nil)
      try seccomp.save([UInt8](repeating: 1, count: 16))
      #expect(seccomp.load() == [UInt8](repeating: 1, count: 16))
      #expect(CompiledSeccomp(stateRoot: path, key: "other").load() == nil)
    }
  }

  @Test(
    "each runtime of this machine runs a trial container, also in a user namespace",
    .enabled(if: Machine.effectiveUser == 0, "needs root"),
    arguments: OCIRuntime.candidates(searchPath: "/usr/bin:/usr/sbin"), [false, true])
  func trials(runtime: OCIRuntime, inner: Bool) async throws {
    #expect(try await RuntimeProbe.trial(of: runtime, inner: inner).refusal == nil)
  }

  @Test(
    "a probe finds the filter of crun, a second one takes it from the file", .enabled(if: Machine.effectiveUser == 0))
  func probed() async throws {
    try await withTemporaryDirectory { path, directory in
      let runtime = try await RuntimeProbe(stateRoot: path, searchPath: "/usr/bin:/usr/sbin").runtime(inner: false)
      let names = try directory.entries().map { String(decoding: $0.name, as: UTF8.self) }
      #expect(names.contains("runtimes"))
      if runtime.kind == .crun {
        #expect((runtime.compiledSeccomp?.count ?? 0) > 1000)
        #expect(names.contains { $0.hasPrefix("seccomp-") && $0.hasSuffix(".bpf") })
      }
      let again = try await RuntimeProbe(stateRoot: path, searchPath: "/usr/bin:/usr/sbin").runtime(inner: false)
      #expect(again == runtime)
    }
  }
}
