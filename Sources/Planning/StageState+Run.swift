import Diagnostics
import Dockerfile
import OCI

extension StageState {
  /// RUN: the command in the form that the container gets it.
  func lower(_ run: RunInstruction, _ instruction: Instruction) throws(DiagnosticsError) -> LoweredInstruction {
    var scripts: [String: [UInt8]] = [:]
    let command: [String]
    switch run.execution {
    case .exec(let words): command = words
    case .shell(let text): command = shell + [text]
    case .script(let name, let content):
      command = ["/dev/pipes/\(name)"]
      scripts[command[0]] = content
    }
    let step = RunStep(
      arguments: command, environment: runEnvironment, workingDirectory: workingDirectory, user: settings.user ?? "",
      network: run.network ?? .default, security: run.security ?? .sandbox,
      mounts: try run.mounts.map { (flag) throws(DiagnosticsError) in
        try flag.mount(expanding: scope.expander, lookup: scope.lookup)
      },
      proxies: proxies, scripts: scripts)
    let declared = argumentPairs
    let prefix = declared.isEmpty ? "" : "|\(declared.count) \(declared.joined(separator: " ")) "
    return LoweredInstruction(
      history: "RUN " + prefix + command.joined(separator: " "), step: .run(step), range: instruction.range)
  }

  /// Proxies that the user gives; with an ARG of its name one is an argument like any other.
  private var proxies: [String] {
    let taken = Set(scope.environment.map(\.name)).union(scope.arguments.keys)
    return scope.givenArguments.filter { BuildArguments.proxyNames.contains($0.key) && !taken.contains($0.key) }
      .sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
  }

  /// The environment of a command: the image's, and the declared build arguments that have a value.
  private var runEnvironment: [String] { environment + argumentPairs }

  /// `NAME=value` of the build arguments in scope by name, without those that the image's environment overrides.
  private var argumentPairs: [String] {
    let taken = Set(scope.environment.map(\.name))
    return scope.arguments.filter { !taken.contains($0.key) }
      .sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
  }
}
