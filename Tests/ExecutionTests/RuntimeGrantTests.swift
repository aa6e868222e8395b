import Linux
import OCI
import SystemPackage
import TestSupport
import Testing

@testable import Execution

/// What users give to commands, in real containers.
@Suite("grants of RUN", .enabled(if: Machine.effectiveUser == 0, "needs root"))
struct RuntimeGrantTests {
  @Test("an agent's socket has the owner asked for, and the agent answers any user as if it were its own")
  func agent() async throws {
    try await withLaboratory { lab async throws in
      try await withAgent(in: lab) { socket in
        var request = lab.request("stat -c '%F %a %u %g' /run/agent; ssh-add -l || echo status $?; id -u")
        request.environment = ["SSH_AUTH_SOCK=/run/agent", "PATH=/bin:/usr/bin"]
        request.user = "1000"
        request.mounts =
          [("/usr", "/usr"), ("/usr/lib", "/lib"), ("/usr/lib64", "/lib64")].map { source, target in
            RunMount(.bind(source: FilePath(source), writable: false), target: target, readOnly: true)
          } + [RunMount(.agent(socket: socket, permissions: 0o600, uid: 1000, gid: 7), target: "/run/agent")]
        let output = try await lab.output(request)
        #expect(output == "socket 600 1000 7\nThe agent has no identities.\nstatus 1\n1000\n")
        #expect(try listing(lab.directory.directory("snapshots")).isEmpty)
      }
    }
  }

  @Test("the way to an agent that has gone ends connections, and the step ends all the same")
  func goneAgent() async throws {
    try await withLaboratory { lab async throws in
      var request = lab.request("stat -c %F /run/agent")
      request.mounts = [
        RunMount(
          .agent(socket: lab.root.appending("nothing"), permissions: 0o600, uid: 0, gid: 0), target: "/run/agent")
      ]
      #expect(try await lab.output(request) == "socket\n")
    }
  }

  @Test("a command without limits has all capabilities and no filter; an ordinary one has not")
  func insecure() async throws {
    try await withLaboratory { lab async throws in
      let script = "grep -E 'CapEff|Seccomp:' /proc/self/status"
      var request = lab.request(script)
      let ordinary = try await lab.output(request)
      #expect(ordinary.contains("Seccomp:\t2"))
      request.isInsecure = true
      let free = try await lab.output(request)
      let own = String(decoding: Machine.contents(of: "/proc/self/status"), as: UTF8.self).split(separator: "\n")
        .first { $0.hasPrefix("CapEff:") }
      #expect(free.contains(try #require(own)))
      #expect(free != ordinary)
      request.user = "builder"
      #expect(try await lab.output(request).contains("CapEff:\t0000000000000000"))
    }
  }

  @Test("limits hold in the command")
  func limits() async throws {
    try await withLaboratory { lab async throws in
      var request = lab.request("ulimit -n; ulimit -Hn; grep ' /dev/shm ' /proc/mounts")
      let usual = try await lab.output(request)
      #expect(usual.contains("size=65536k"))
      request.limits = RunLimits(sharedMemory: 1 << 20, resources: [try #require(ResourceLimit("nofile=123:456"))])
      let output = try await lab.output(request)
      #expect(output.hasPrefix("123\n456\n"))
      #expect(output.contains("size=1024k"))
    }
  }

  @Test("a new cache begins as a copy of a stage's directory, and goes its own way")
  func seed() async throws {
    try await withLaboratory { lab async throws in
      let upper = try lab.directory.ensureDirectory("upper")
      let data = try upper.ensureDirectory("data")
      try RunLaboratory.write("seed", "f", in: data)
      try data.makeSymbolicLink("link", to: "f")
      try data.setOwner("f", uid: 5, gid: 6)
      try data.setPermissions("f", 0o640)
      let seed = CacheSeed(lowers: [lab.base, lab.root.appending("upper")], path: Array("/data".utf8))
      func step(_ script: String) async throws -> String {
        var request = lab.request(script)
        request.mounts = [RunMount(.cache(CacheDirectory(key: "k", seed: seed)), target: "/c")]
        return try await lab.output(request)
      }
      #expect(try await step("cat /c/link; stat -c ' %a %u %g' /c/f; echo new > /c/f") == "seed 640 5 6\n")
      #expect(try await step("cat /c/f") == "new\n")
      #expect(try listing(data) == ["f", "link"])
      let nowhere = CacheSeed(lowers: [lab.base], path: Array("/none".utf8))
      await #expect(throws: RunError.self) {
        var request = lab.request("true")
        request.mounts = [RunMount(.cache(CacheDirectory(key: "n", seed: nowhere)), target: "/c")]
        return try await lab.output(request)
      }
    }
  }

  @Test("one cache at two places is one directory; two steps that lock two caches in turn do not wait for ever")
  func lockedCaches() async throws {
    try await withLaboratory { lab async throws in
      func request(_ script: String, _ keys: [String]) -> RunRequest {
        var request = lab.request(script)
        request.mounts = keys.enumerated().map { number, key in
          RunMount(.cache(CacheDirectory(key: key, sharing: number == 0 ? .locked : .shared)), target: "/c\(number)")
        }
        return request
      }
      #expect(try await lab.output(request("echo 1 > /c0/f; cat /c1/f", ["a", "a"])) == "1\n")
      let locked = try CacheDirectories(root: lab.root.appending("cache")).lease(
        CacheDirectory(key: "b", sharing: .locked))
      await withTaskGroup(of: Bool.self) { group in
        group.addTask { (try? await lab.output(request("true", ["a", "b"]))) != nil }
        group.addTask { (try? await lab.output(request("true", ["b", "a"]))) != nil }
        locked.release()
        for await isDone in group { #expect(isDone) }
      }
    }
  }

  @Test("a step that waits for a cache can be given up")
  func cancelledWait() async throws {
    try await withLaboratory { lab async throws in
      let locked = try CacheDirectories(root: lab.root.appending("cache")).lease(
        CacheDirectory(key: "k", sharing: .locked))
      defer { locked.release() }
      var request = lab.request("true")
      request.mounts = [RunMount(.cache(CacheDirectory(key: "k", sharing: .locked)), target: "/c")]
      await withThrowingTaskGroup(of: Void.self) { [request] group in
        group.addTask { _ = try await lab.output(request) }
        try? await Task.sleep(for: .milliseconds(200))
        group.cancelAll()
        await #expect(throws: CancellationError.self) { try await group.next() }
      }
      #expect(try listing(lab.directory.directory("snapshots")).isEmpty)
    }
  }

  @Test("a tmpfs has the mode and size asked for")
  func tmpfs() async throws {
    try await withLaboratory { lab async throws in
      var request = lab.request("stat -c '%a' /t; grep ' /t ' /proc/mounts")
      request.mounts = [RunMount(.tmpfs(size: 65536, permissions: 0o700), target: "/t")]
      let output = try await lab.output(request)
      #expect(output.hasPrefix("700\n") && output.contains("size=64k"))
    }
  }

  @Test("proxies of the request win over those of this machine and lose against the image")
  func proxies() async throws {
    try await withLaboratory { lab async throws in
      var request = lab.request("echo $HTTP_PROXY $no_proxy")
      request.environment = ["no_proxy=image"]
      request.proxies = ["HTTP_PROXY=request", "no_proxy=request"]
      #expect(try await lab.output(request) == "request image\n")
    }
  }
}

@Suite("arguments that give something to commands")
struct GrantArgumentTests {
  @Test(
    "secrets",
    arguments: [
      ("id=a,src=f", "a", GrantArgument.SecretPlace.file("f")), ("id=a,source=f", "a", .file("f")),
      ("type=file,id=a,src=f", "a", .file("f")), ("id=a,env=B", "a", .variable("B")),
      ("id=SET", "SET", .variable("SET")), ("id=a", "a", .file("a")), ("id=a,type=env", "a", .variable("a")),
      ("id=a,type=env,src=B", "a", .variable("B")), ("id=a,\"src=x,y\"", "a", .file("x,y")),
    ])
  func secret(text: String, id: String, place: GrantArgument.SecretPlace) throws {
    let found = try GrantArgument.secret(text) { $0 == "SET" }
    #expect(found.id == id && found.place == place)
  }

  @Test(
    "what is no secret",
    arguments: [
      "", "a", "src=f", "id=", "id=a/b", "id=a,src=f,env=B", "id=a,id=b", "id=a,x=y", "id=a,type=z", "id=a,\"src=f",
    ])
  func noSecret(text: String) {
    #expect(throws: GrantArgument.Fault.self) { _ = try GrantArgument.secret(text) { _ in false } }
  }

  @Test("agents", arguments: [("default", "default", nil), ("x", "x", nil), ("x=/s", "x", "/s")])
  func agent(text: String, id: String, socket: String?) throws {
    let found = try GrantArgument.agent(text)
    #expect(found.id == id && found.socket == socket)
  }

  @Test("what is no agent", arguments: ["", "=x", "x=", "x=key1,key2"])
  func noAgent(text: String) {
    #expect(throws: GrantArgument.Fault.self) { _ = try GrantArgument.agent(text) }
  }

  @Test(
    "limits of resources",
    arguments: [("nofile=1", 1, 1), ("nofile=1:2", 1, 2), ("core=-1", UInt64.max, UInt64.max), ("cpu=0:-1", 0, .max)])
  func limit(text: String, soft: UInt64, hard: UInt64) throws {
    let limit = try #require(ResourceLimit(text))
    #expect(limit.soft == soft && limit.hard == hard)
  }

  @Test("what is no limit", arguments: ["", "nofile", "nofile=", "x=1", "nofile=2:1", "nofile=1:2:3", "nofile=a"])
  func noLimit(text: String) { #expect(ResourceLimit(text) == nil) }

  @Test("a secret does not print itself")
  func redaction() {
    let grants = RunGrants(secrets: ["a": Secret(Array("hidden".utf8))])
    var dumped = ""
    dump(grants, to: &dumped)
    for text in ["\(grants)", String(reflecting: grants), dumped] {
      #expect(!text.contains("hidden") && !text.contains("104"))
    }
  }
}

/// Runs `body` with the socket of an SSH agent that ends afterwards.
private func withAgent<R>(in lab: RunLaboratory, _ body: (FilePath) async throws -> R) async throws -> R {
  let socket = lab.root.appending("agent")
  let started = try await Tool.run("ssh-agent", ["-a", socket.string])
  let process = started.split(separator: ";").first { $0.contains("SSH_AGENT_PID=") }?.split(separator: "=").last
  let agent = String(try #require(process))
  do {
    let result = try await body(socket)
    try await Tool.run("kill", [agent])
    return result
  } catch {
    try await Tool.run("kill", [agent])
    throw error
  }
}
