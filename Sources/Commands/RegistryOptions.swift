import ArgumentParser
import Distribution
import Linux

/// The arguments of commands that speak to registries only.
struct RegistryOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("File of credentials, instead of REGISTRY_AUTH_FILE and the usual ones.", valueName: "path"))
  var authfile: String?

  @Flag(help: "Tell how every choice came about: files read, servers asked, requests repeated.")
  var debug = false

  /// The process's environment with what was typed in its place.
  var environment: [String: String] {
    var environment = Machine.environment
    if let authfile { environment["REGISTRY_AUTH_FILE"] = authfile }
    return environment
  }

  /// Everything that the machine's files and the arguments say.
  ///
  /// - Throws: `RegistryError` that names the file at fault.
  func settings() async throws -> RegistrySettings {
    var settings = try await RegistrySettings.load(environment: environment)
    if debug { settings.use(Trace { Output.talk("debug: \($0)\n") }) }
    return settings
  }
}
