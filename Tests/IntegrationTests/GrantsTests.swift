import Linux
import OCI
import SystemPackage
import TestSupport
import Testing

@Suite("what the command line gives to RUN") struct GrantsTests {
  private static let architecture = Architecture.host

  /// A value that nothing else contains.
  private static let value = "s3cr3t-\(Directory.randomName())"

  @Test("secrets reach commands as files and variables, and stay in no file and no output")
  func secrets() async throws {
    try await withProgram { program, directory in
      let set = try SetFixture(directory.appending("set"))
      try await set.addBase([Self.architecture])
      try set.write(
        "app/Dockerfile",
        """
        ARG REGISTRY
        ARG OCP_TAG
        FROM $REGISTRY/base-image:$OCP_TAG
        RUN --mount=type=secret,id=file,target=/s,uid=3,mode=0440 \\
            --mount=type=secret,id=variable,env=TOKEN,required \\
            --mount=type=secret,id=absent \\
            busybox test "$(busybox cat /s)" = "$TOKEN" && busybox stat -c '%a %u' /s > /result \\
            && busybox test ! -e /run/secrets/absent && busybox test ! -e /run/secrets/variable
        RUN busybox test -z "$TOKEN" && busybox test ! -e /s && busybox cat /result
        """)
      try Self.write(Self.value, to: directory.appending("value"))
      let arguments = [
        "--arch", Self.architecture, "--secret", "id=file,src=\(directory.appending("value"))", "--secret",
        "id=variable,env=VALUE",
      ]
      for progress in ["plain", "rawjson"] {
        let result = try await program.run(
          ["build", "-C", set.path.string, "--no-cache", "--progress", progress] + arguments,
          environment: ["VALUE": Self.value])
        try #require(result.status == 0, "\(result.errors)")
        #expect(!(result.output + result.errors).contains(Self.value))
        #expect(result.errors.contains("440 3"))
      }
      #expect(try Self.files(containing: Self.value, below: program.store) == [])
      // Layers are compressed: what is in them shows only unpacked.
      let layout = directory.appending("layout").string
      try await Tool.run(
        "skopeo", ["copy", "oci:\(program.store):localhost/app:latest", "oci:\(layout):v1", "--dest-decompress"])
      #expect(try Self.files(containing: Self.value, below: FilePath(layout)) == [])

      // Another value of the same name is the same step.
      let again = try await program.build(
        set, "--arch", Self.architecture, "--secret", "id=file,env=VALUE", "--secret", "id=variable,env=VALUE",
        environment: ["VALUE": "other"])
      #expect(again.status == 0 && !again.errors.contains("busybox stat"), "\(again.errors)")
    }
  }

  @Test("what is required and not given is said with the flag that gives it, at its line")
  func missing() async throws {
    let cases = [
      ("RUN --mount=type=secret,id=key,required cat /x", "the secret `key` is required", "--secret id=key,src=FILE"),
      ("RUN --mount=type=ssh,required cat /x", "the SSH agent `default` is required", "--ssh default"),
      ("RUN --security=insecure cat /x", "takes all limits from a command", "--allow security.insecure"),
    ]
    try await withProgram { program, directory in
      for (number, (instruction, what, help)) in cases.enumerated() {
        let set = try SetFixture(directory.appending("set\(number)"))
        try set.write("app/Dockerfile", "FROM scratch\n\(instruction)\n")
        let result = try await program.build(set, "--arch", Self.architecture)
        #expect(result.status == 1)
        #expect(result.errors.contains(what), "\(result.errors)")
        #expect(result.errors.contains(help), "\(result.errors)")
        #expect(result.errors.contains("components/app/Dockerfile:2"), "\(result.errors)")
      }
    }
  }

  @Test("arguments that cannot be used end the command before any work")
  func wrongArguments() async throws {
    let cases: [([String], String)] = [
      (["--secret", "src=x"], "needs an id"), (["--secret", "id=a,src=/does/not/exist"], "cannot read the secret"),
      (["--secret", "id=a,env=NOT_SET_ANYWHERE"], "NOT_SET_ANYWHERE"), (["--ssh", "default"], "SSH_AUTH_SOCK"),
      (["--ssh", "a=/etc/passwd"], "is no socket"), (["--allow", "everything"], "--allow knows"),
      (["--shm-size", "much"], "--shm-size"), (["--ulimit", "nofile"], "--ulimit"),
    ]
    try await withProgram { program, directory in
      let set = try SetFixture(directory.appending("set"))
      try set.write("app/Dockerfile", "FROM scratch\n")
      for (arguments, text) in cases {
        let result = try await program.run(["build", "-C", set.path.string] + arguments)
        #expect(result.status == 2 && result.errors.contains(text), "\(arguments) \(result.errors)")
      }
    }
  }

  @Test("SSH agents are there where they are asked for, and nowhere afterwards")
  func agent() async throws {
    try await withProgram { program, directory in
      let socket = directory.appending("agent")
      let started = try await Tool.run("ssh-agent", ["-a", socket.string])
      let process = started.split(separator: ";").first { $0.contains("SSH_AGENT_PID=") }?.split(separator: "=").last
      let agent = try #require(process.flatMap { String($0) })
      do {
        let set = try SetFixture(directory.appending("set"))
        try await set.addBase([Self.architecture])
        try set.write(
          "app/Dockerfile",
          """
          ARG REGISTRY
          ARG OCP_TAG
          FROM $REGISTRY/base-image:$OCP_TAG
          RUN --mount=type=ssh,uid=1000 --mount=type=ssh,id=other,target=/other --mount=type=ssh,id=absent \\
              busybox test "$SSH_AUTH_SOCK" = /run/buildkit/ssh_agent.0 \\
              && busybox stat -c '%a %u %F' $SSH_AUTH_SOCK /other
          RUN busybox test -z "$SSH_AUTH_SOCK" && busybox test ! -e /other && busybox test ! -e /run/buildkit
          """)
        let result = try await program.build(
          set, "--arch", Self.architecture, "--ssh", "default=\(socket)", "--ssh", "other=\(socket)")
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.errors.contains("600 1000 socket"), "\(result.errors)")
        #expect(result.errors.contains("600 0 socket"), "\(result.errors)")
      } catch {
        try await Tool.run("kill", [agent])
        throw error
      }
      try await Tool.run("kill", [agent])
    }
  }

  private static func write(_ text: String, to file: FilePath) throws {
    let descriptor = try FileDescriptor.open(
      file, .writeOnly, options: [.create, .truncate], permissions: [.ownerReadWrite])
    defer { descriptor.closeQuietly() }
    try descriptor.writeFully(Array(text.utf8))
  }

  /// The files below a directory that have a text anywhere in their bytes.
  private static func files(containing text: String, below path: FilePath) throws -> [String] {
    let wanted = Array(text.utf8)
    var found: [String] = []
    var pending = [path]
    while let next = pending.popLast() {
      let directory = try Directory(at: next)
      for entry in try directory.entries() {
        let name = String(decoding: entry.name, as: UTF8.self)
        if name.contains(text) { found.append(name) }
        switch try directory.status(ofName: entry.name).kind {
        case .directory: pending.append(next.appending(name))
        case .file:
          let file = try directory.file(entry.name)
          defer { file.closeQuietly() }
          let bytes = try file.readAll(limit: 1 << 30)
          if bytes.firstRange(of: wanted) != nil { found.append(next.appending(name).string) }
        default: break
        }
      }
    }
    return found
  }
}
