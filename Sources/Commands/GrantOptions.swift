import ArgumentParser
import Execution
import Linux
import SystemPackage

/// The arguments that give commands of recipes something: secrets, agents, privileges and limits.
struct GrantOptions: ParsableArguments {
  @Option(
    name: .customLong("secret"),
    help: ArgumentHelp(
      "A file or variable for RUN --mount=type=secret; repeatable.", valueName: "id=ID,src=FILE|env=NAME"))
  var secrets: [String] = []

  @Option(
    name: .customLong("ssh"),
    help: ArgumentHelp("An SSH agent for RUN --mount=type=ssh; repeatable.", valueName: "default|ID=SOCKET"))
  var agents: [String] = []

  @Option(
    name: .customLong("allow"),
    help: "Allow a privilege that recipes ask for: \(Entitlement.allCases.map(\.rawValue).joined(separator: ", ")).")
  var entitlements: [String] = []

  @Option(name: .customLong("shm-size"), help: ArgumentHelp("Size of /dev/shm in RUN, as in 128m.", valueName: "size"))
  var sharedMemory: String?

  @Option(
    name: .customLong("ulimit"),
    help: ArgumentHelp("A limit in RUN, as in nofile=1024; repeatable.", valueName: "name=soft[:hard]"))
  var limits: [String] = []

  /// What was typed, with all files read.
  ///
  /// - Throws: `ValidationError` for whatever cannot be had, before any work.
  func grants(_ environment: [String: String]) async throws -> RunGrants {
    var grants = RunGrants(limits: try runLimits)
    for text in secrets {
      let (id, place) = try explaining("--secret \(text)") { () throws(GrantArgument.Fault) in
        try GrantArgument.secret(text) { environment[$0] != nil }
      }
      grants.secrets[id] = try await BlockingPool.shared.run { try Self.secret(place, id, environment) }
    }
    for text in agents {
      let (id, socket) = try explaining("--ssh \(text)") { () throws(GrantArgument.Fault) in
        try GrantArgument.agent(text)
      }
      grants.agents[id] = try await BlockingPool.shared.run { try Self.agent(socket, id, environment) }
    }
    for text in entitlements.flatMap({ $0.split(separator: ",").map(String.init) }) {
      guard let entitlement = Entitlement(rawValue: text) else {
        let known = Entitlement.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("--allow knows \(known), not `\(text)`")
      }
      grants.entitlements.insert(entitlement)
    }
    return grants
  }

  private var runLimits: RunLimits {
    get throws {
      var limits = RunLimits()
      if let sharedMemory {
        guard let size = RunLimits.bytes(sharedMemory), size > 0 else {
          throw ValidationError("--shm-size takes a number of bytes such as 128m, not `\(sharedMemory)`")
        }
        limits.sharedMemory = size
      }
      let resources = try self.limits.map { text in
        guard let limit = ResourceLimit(text) else {
          let names = ResourceLimit.names.joined(separator: ", ")
          throw ValidationError("--ulimit takes NAME=SOFT or NAME=SOFT:HARD with a name of \(names), not `\(text)`")
        }
        return limit
      }
      return RunLimits(sharedMemory: limits.sharedMemory, resources: resources)
    }
  }

  private func explaining<R>(_ argument: String, _ body: () throws(GrantArgument.Fault) -> R) throws -> R {
    do throws(GrantArgument.Fault) {
      return try body()
    } catch {
      throw ValidationError("\(argument): \(error)")
    }
  }

  private static func secret(
    _ place: GrantArgument.SecretPlace, _ id: String, _ environment: [String: String]
  ) throws -> Secret {
    switch place {
    case .variable(let name):
      guard let value = environment[name] else {
        throw ValidationError("the secret `\(id)` is to come from the variable \(name), which is not set")
      }
      guard value.utf8.count <= Secret.limit else {
        throw ValidationError("the secret `\(id)` has more than \(Secret.limit) bytes")
      }
      return Secret(Array(value.utf8))
    case .file(let path):
      do throws(Errno) {
        let directory = try Directory(at: Machine.workingDirectory)
        let file = try directory.file(path, .readOnly, .unrestricted, followLast: true)
        defer { file.closeQuietly() }
        return Secret(try file.readAll(limit: Secret.limit))
      } catch {
        let why = error == .fileTooLarge ? "it has more than \(Secret.limit) bytes" : "\(error)"
        throw ValidationError("cannot read the secret `\(id)` from \(path): \(why)")
      }
    }
  }

  private static func agent(_ socket: String?, _ id: String, _ environment: [String: String]) throws -> FilePath {
    guard let text = socket ?? environment["SSH_AUTH_SOCK"], !text.isEmpty else {
      throw ValidationError("--ssh \(id): no agent is running here, SSH_AUTH_SOCK is not set; run `eval $(ssh-agent)`")
    }
    let typed = FilePath(text)
    let path = typed.isAbsolute ? typed : Machine.workingDirectory.pushing(typed)
    let status: FileStatus?
    do throws(Errno) {
      status = try Directory(at: "/").status(of: path, .unrestricted, followLast: true)
    } catch {
      throw ValidationError("--ssh \(id): cannot look at \(text): \(error)")
    }
    guard let status else { throw ValidationError("--ssh \(id): there is no \(text)") }
    guard status.kind == .socket else {
      throw ValidationError(
        "--ssh \(id): \(text) is no socket; imgset hands on an agent and holds no keys, add them with ssh-add")
    }
    return path
  }
}
