import Linux
import OCI
import SystemPackage
import TestSupport
import Testing

@Suite("contexts and targets on the command line") struct ContextsTests {
  private static let host = Architecture.host

  @Test("a name means a directory, an image of a layout or a component; RUN sees what the ignore file leaves")
  func contexts() async throws {
    try await withProgram { program, directory in
      let set = try SetFixture(directory.appending("set"))
      try await set.addBase([Self.host])
      try set.write(
        "app/Dockerfile",
        """
        FROM busybox AS build
        RUN --mount=target=/ctx --mount=from=files,target=/files \\
            busybox ls -A /ctx > /context && busybox cat /files/hello > /hello
        FROM scratch
        COPY --from=build /context /hello /
        COPY --from=files hello /copied
        COPY --from=layout /bin/busybox /from-layout
        """)
      try set.write("app/.dockerignore", "secret\n")
      try set.write("app/secret", "s")
      try set.write("app/seen", "s")
      let files = try SetFixture(directory.appending("other"))
      try files.write("files/hello", "hello\n")

      let base = try await program.build(set, "--arch", Self.host, "base-image")
      try #require(base.status == 0, "\(base.errors)")
      let layout = directory.appending("layout").string
      try await Tool.run("skopeo", ["copy", "oci:\(program.store):localhost/base-image:latest", "oci:\(layout):v1"])

      let arguments = [
        "--arch", Self.host, "app", "--build-context", "busybox=component:base-image", "--build-context",
        "layout=oci-layout://\(layout):v1", "--build-context", "files=\(directory.appending("other/components/files"))",
      ]
      let result = try await program.run(["build", "-C", set.path.string, "--progress", "plain"] + arguments)
      try #require(result.status == 0, "\(result.errors)")
      let found = try await Self.unpack("app", of: program, in: directory)
      #expect(try Self.read("context", found) == ".dockerignore\nDockerfile\nseen\n")
      #expect(try Self.read("hello", found) == "hello\n")
      #expect(try Self.read("copied", found) == "hello\n")

      let again = try await program.run(["build", "-C", set.path.string, "--progress", "plain"] + arguments)
      #expect(again.status == 0 && again.output == result.output)
      #expect(!again.errors.contains("RUN"), "\(again.errors)")
    }
  }

  @Test("the stage asked for is built, from the command line and from imgset.toml")
  func targets() async throws {
    try await withProgram { program, directory in
      let set = try SetFixture(directory.appending("set"))
      try set.write(
        "app/Dockerfile", "FROM scratch AS small\nLABEL which=small\nFROM small AS large\nLABEL which=large\n")
      func label(_ arguments: String...) async throws -> String {
        let result = try await program.run(["build", "-C", set.path.string, "--arch", Self.host] + arguments)
        try #require(result.status == 0, "\(result.errors)")
        let config = try await Tool.run(
          "skopeo", ["inspect", "--config", "oci:\(program.store):localhost/app:latest"])
        return ["small", "large"].first { config.contains("\"which\": \"\($0)\"") } ?? config
      }
      #expect(try await label() == "large")
      #expect(try await label("--target", "small") == "small")
      #expect(try await label("--target", "app=SMALL") == "small")
      let file = try FileDescriptor.open(
        set.path.appending("imgset.toml"), .writeOnly, options: [.create], permissions: [.ownerReadWrite])
      try file.writeFully(Array("target = [\"app=small\"]\n".utf8))
      file.closeQuietly()
      #expect(try await label() == "small")
      #expect(try await label("--target", "large") == "large")
      let wrong = try await program.run(["build", "-C", set.path.string, "--target", "smal"])
      #expect(wrong.status == 2 && wrong.errors.contains("did you mean small"), "\(wrong.errors)")
    }
  }

  @Test("contexts that cannot be had are refused before any work")
  func wrong() async throws {
    try await withProgram { program, directory in
      let set = try SetFixture(directory.appending("set"))
      try set.write("app/Dockerfile", "FROM x\n")
      for (value, text) in [
        ("/does/not/exist", "the directory cannot be opened"), ("https://example.org/x", "cannot come from"),
        ("docker-image://x/UPPER", "lower-case"), ("component:none", "no component `none`"),
        ("oci-layout:///does/not/exist", "the layout cannot be read"), ("oci-layout:///x@y", "is not a digest"),
      ] {
        let result = try await program.run(
          ["build", "-C", set.path.string, "--arch", Self.host, "--build-context", "x=\(value)"])
        #expect(result.status == 2 && result.errors.contains(text), "\(value): \(result.errors)")
      }
    }
  }

  @Test("a stage for the build's platform runs natively, and its files get into an image for another one")
  func crossBuild() async throws {
    let other = Self.host == "arm64" ? "amd64" : "arm64"
    try await withProgram { program, directory in
      let set = try SetFixture(directory.appending("set"))
      try await set.addBase([Self.host, other])
      try set.write(
        "app/Dockerfile",
        """
        ARG REGISTRY OCP_TAG
        FROM --platform=$BUILDPLATFORM $REGISTRY/base-image:$OCP_TAG AS build
        ARG TARGETPLATFORM BUILDPLATFORM TARGETARCH
        RUN echo "$TARGETPLATFORM $BUILDPLATFORM $TARGETARCH" > /made && busybox uname -m >> /made
        FROM build AS again
        RUN busybox uname -m >> /made
        FROM scratch
        COPY --from=again /made /made
        """)
      let result = try await program.build(set, "--arch", other, "app")
      try #require(result.status == 0, "\(result.errors)")
      let found = try await Self.unpack("app", of: program, in: directory, architecture: other)
      let machine = try await Tool.run("uname", ["-m"])
      #expect(try Self.read("made", found) == "linux/\(other) linux/\(Self.host) \(other)\n" + machine + machine)
    }
  }

  /// The files of an image, unpacked by umoci.
  private static func unpack(
    _ component: String, of program: Program, in directory: FilePath, architecture: String = host
  ) async throws -> Directory {
    let layout = directory.appending("unpack-layout").string
    try await Tool.run(
      "skopeo",
      [
        "--override-arch", architecture, "copy", "oci:\(program.store):localhost/\(component):latest",
        "oci:\(layout):v1",
      ])
    let bundle = directory.appending("unpacked")
    try await Tool.run("umoci", ["unpack", "--image", "\(layout):v1", bundle.string])
    return try Directory(at: bundle.appending("rootfs"))
  }

  private static func read(_ name: String, _ directory: Directory) throws -> String {
    let file = try directory.file(name)
    defer { file.closeQuietly() }
    return String(decoding: try file.readAll(limit: 1 << 20), as: UTF8.self)
  }
}
