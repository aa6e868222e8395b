import ArgumentParser
import Distribution
import Linux

/// `imgset login`: checks credentials with their registry and keeps them where the container tools look.
struct LoginCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "login", abstract: "Check credentials with a registry and keep them in the auth file.",
    discussion: """
      The password comes from standard input, never from the command line, where others could see it:
        pass registry | imgset login -u me quay.io
      """)

  @Argument(help: "The registry, or REGISTRY/NAMESPACE for credentials of a part of it.")
  var registry: String

  @Option(name: [.short, .customLong("username")], help: "Who logs in.")
  var user: String

  @Flag(help: "Accepted for likeness with other tools; the password always comes from standard input.")
  var passwordStdin = false

  @OptionGroup var options: RegistryOptions

  func run() async throws {
    let settings = try await options.settings()
    let place = try CredentialPlace(parsing: registry)
    let password = try await Self.password()
    let credential = Credential.password(user: user, password: password)
    try await withRegistryClient(settings.with(credential, for: place)) { try await $0.checkLogin(place) }
    let kept = try await CredentialStore(environment: options.environment).save(credential, for: place)
    Output.talk("logged in to \(place) as \(user); kept in \(kept)\n")
  }

  /// The whole of standard input without its last line feed.
  private static func password() async throws -> String {
    if Terminal.standardInputIsTerminal {
      throw ValidationError("the password is read from standard input: `pass NAME | imgset login …`")
    }
    var bytes = try await BlockingPool.shared.run { try Terminal.readStandardInput(limit: 64 << 10) }
    while bytes.last == UInt8(ascii: "\n") || bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
    guard !bytes.isEmpty, let password = String(validating: bytes, as: UTF8.self) else {
      throw ValidationError("standard input holds no password")
    }
    return password
  }
}
