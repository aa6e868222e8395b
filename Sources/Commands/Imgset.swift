import ArgumentParser

/// The command `imgset` with its subcommands.
struct Imgset: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "imgset",
    abstract: "Build sets of multi-architecture container images.",
    discussion: """
      A set is a directory with components below `components/`, each with a Dockerfile or an ImageSource.
      Settings come from flags, then the environment (DEST_REGISTRY, COMPONENTS, ARCHITECTURES, PUSH, PARALLEL,
      OCP_BASE_TAG), then imgset.toml, then defaults.
      """,
    version: "imgset 0.1.0",
    subcommands: [
      BuildCommand.self, PlanCommand.self, CheckCommand.self, CopyCommand.self, LoginCommand.self, LogoutCommand.self,
    ])
}
