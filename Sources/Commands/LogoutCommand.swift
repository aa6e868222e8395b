import ArgumentParser
import Distribution

/// `imgset logout`: forgets what `imgset login` kept.
struct LogoutCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logout", abstract: "Remove the credentials for a registry from the auth file.")

  @Argument(help: "The registry, or REGISTRY/NAMESPACE.")
  var registry: String

  @OptionGroup var options: RegistryOptions

  func run() async throws {
    let place = try CredentialPlace(parsing: registry)
    let removed = try await CredentialStore(environment: options.environment).remove(place)
    Output.talk(removed.map { "removed the credentials for \(place) from \($0)\n" } ?? "not logged in to \(place)\n")
  }
}
