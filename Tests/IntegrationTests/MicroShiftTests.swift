import FoundationEssentials
import Linux
import OCI
import SystemPackage
import TestSupport
import Testing

/// The shipped set, all of it, with real parts for everything outside: see `MicroShiftFixture`.
@Suite("the MicroShift set")
struct MicroShiftTests {
  static let components = [
    "base-image", "cli", "coredns", "haproxy-router", "hostpath-provisioner", "kube-rbac-proxy", "pause",
    "service-ca-operator",
  ]

  @Test("eight components for five architectures, then again, then with one commit changed")
  func wholeSet() async throws {
    try await RegistryFixture.with { registry in
      try await withTemporaryDirectory(prefix: "imgset-microshift-") { directory, _ in
        let fixture = try await MicroShiftFixture(in: directory, registry: registry)
        let built = try await fixture.build("--push")
        try #require(built.status == 0, "\(built.errors.suffix(6000))")
        #expect(built.digests.keys.sorted() == Self.components)
        try await checkIndexes(fixture)
        try await checkReleasedImages(fixture)
        try await checkPrograms(fixture)

        #expect(try await fixture.plan() == [:])
        let again = try await fixture.build("--push")
        #expect(again.status == 0 && again.digests == built.digests, "\(again.errors)")
        #expect(again.errors.contains("up to date"), "\(again.errors)")

        try await checkOneCommit(fixture)
        try await checkOneBase(fixture)
      }
    }
  }

  /// Every index has an image for each architecture, with the tag of the release.
  private func checkIndexes(_ fixture: MicroShiftFixture) async throws {
    for name in Self.components {
      let raw = try await Tool.run(
        "skopeo", ["inspect", "--tls-verify=false", "--raw", "docker://\(image(name, fixture))"])
      let index = try JSONDecoder().decode(Index.self, from: Data(raw.utf8))
      #expect(
        index.manifests.compactMap(\.platform?.shortName).sorted() == [
          "amd64", "arm/v7", "arm64", "ppc64le", "riscv64",
        ],
        "\(name)")
    }
  }

  private func image(_ name: String, _ fixture: MicroShiftFixture) -> String {
    "\(fixture.registry.name)/microshift/\(name):\(MicroShiftFixture.version)"
  }

  /// What the release has for amd64 is taken as it is.
  private func checkReleasedImages(_ fixture: MicroShiftFixture) async throws {
    for name in MicroShiftFixture.released {
      let layout = try await unpacked(name, "amd64", fixture)
      #expect(try text(layout.appending("name")) == "quay.io/openshift-release-dev/\(name):ocp\n")
    }
  }

  /// The Go programs of foreign architectures are theirs, and run.
  private func checkPrograms(_ fixture: MicroShiftFixture) async throws {
    let programs = [
      ("cli", "usr/bin/oc", "oc"), ("coredns", "usr/bin/coredns", "coredns"),
      ("haproxy-router", "usr/bin/openshift-router", "router"),
      ("kube-rbac-proxy", "usr/bin/kube-rbac-proxy", "kube-rbac-proxy"),
      ("service-ca-operator", "usr/bin/service-ca-operator", "service-ca-operator"),
    ]
    for (architecture, emulator) in [("arm64", "qemu-aarch64-static"), ("riscv64", "qemu-riscv64-static")] {
      for (name, path, program) in programs {
        let root = try await unpacked(name, architecture, fixture)
        let output = try await Tool.run(
          "sh", ["-c", "\(emulator) \"$1\" 2>&1", "sh", root.pushing(FilePath(path)).string])
        #expect(output == "\(program) on \(architecture)\n", "\(name)")
      }
    }
    let router = try await unpacked("haproxy-router", "arm64", fixture)
    let capabilities = try await Tool.run("getcap", [router.pushing("usr/sbin/haproxy").string])
    #expect(capabilities.contains("cap_net_bind_service=ep"), "\(capabilities)")
    let manifests = try await unpacked("service-ca-operator", "ppc64le", fixture)
    #expect(try text(manifests.pushing("manifests/01_namespace.yaml")) == "kind: Namespace\n")
  }

  /// A commit of a component that has its own `repo` changes the cells that are built from it, and no other.
  private func checkOneCommit(_ fixture: MicroShiftFixture) async throws {
    let commit = try await fixture.commit("kubevirt/hostpath-provisioner", "note", "changed")
    try fixture.set.write("hostpath-provisioner/commit", commit + "\n")
    // The plan fetches nothing, so the new commit has to be there.
    let expected = ["hostpath-provisioner/arm/v7", "hostpath-provisioner/riscv64"]
    _ = try await fixture.build("hostpath-provisioner", "--arch", "amd64")
    let result = try await fixture.build()
    #expect(result.status == 0, "\(result.errors)")
    let built = Self.cells(in: result.errors)
    #expect(built.sorted() == expected, "\(result.errors)")
  }

  /// A new base image changes what is built on it.
  private func checkOneBase(_ fixture: MicroShiftFixture) async throws {
    try fixture.set.write(
      "base-image/Dockerfile.riscv64",
      try fixture.set.read("base-image/Dockerfile.riscv64").replacingText("MicroShift base image", with: "Base image"))
    let plan = try await fixture.plan()
    #expect(
      plan.keys.sorted() == [
        "base-image/riscv64", "cli/riscv64", "hostpath-provisioner/riscv64", "service-ca-operator/riscv64",
      ], "\(plan)")
    #expect(plan["cli/riscv64"]?.contains("base-image changes") == true, "\(plan)")
  }

  /// The cells that plain progress says were built.
  static func cells(in errors: String) -> [String] {
    errors.split(separator: "\n").compactMap { line in
      guard line.contains(": built") || line.contains(" built ") else { return nil }
      return line.split(separator: " ").first { $0.contains("/") && !$0.contains(":") }.map(String.init)
    }
  }

  private func unpacked(_ name: String, _ architecture: String, _ fixture: MicroShiftFixture) async throws -> FilePath {
    let bundle = fixture.directory.appending("unpacked-\(name)-\(architecture)")
    if (try? Directory(at: bundle)) != nil { return bundle }
    let layout = fixture.directory.appending("layout-\(name)-\(architecture)").string
    try await Tool.run(
      "skopeo",
      [
        "--override-arch", architecture, "copy", "-q", "--src-tls-verify=false", "docker://\(image(name, fixture))",
        "oci:\(layout):x",
      ])
    try await Tool.run("umoci", ["raw", "unpack", "--image", "\(layout):x", bundle.string])
    return bundle
  }

  private func text(_ path: FilePath) throws -> String {
    let file = try FileDescriptor.open(path, .readOnly)
    defer { file.closeQuietly() }
    return String(decoding: try file.readAll(limit: 1 << 20), as: UTF8.self)
  }
}

extension String {
  /// The text with every occurrence of a part replaced.
  fileprivate func replacingText(_ part: String, with other: String) -> String {
    var result = ""
    var rest = self[...]
    while let range = rest.firstRange(of: part) {
      result += rest[..<range.lowerBound] + other
      rest = rest[range.upperBound...]
    }
    return result + rest
  }
}
