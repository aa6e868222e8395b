import Components
import Execution
import SystemPackage

/// What was asked for, before any of it has been looked at.
package struct BuildRequest: Sendable {
  /// The set's directory, absolute.
  package var directory: FilePath
  /// What to put before paths in messages so that they lead there from where the user is: empty, or ending with a slash.
  package var displayPrefix: String
  /// Settings as typed.
  package var flags: [SettingKey: SettingValue]
  /// Environment of the process.
  package var environment: [String: String]
  /// Values for `ARG`, from the command line.
  package var buildArguments: [String: String]
  /// Whether remembered results are left aside.
  package var ignoresCache: Bool
  /// Whether references are asked for again at their registries although the store knows where they led.
  package var refreshesImages: Bool
  /// What commands may have beyond their recipes.
  package var grants = RunGrants()
  /// Values of `--build-context` by name, as typed.
  package var contexts: [String: String] = [:]
  /// Where relative paths in `contexts` start.
  package var workingDirectory: FilePath = "/"

  package init(
    directory: FilePath, displayPrefix: String = "", flags: [SettingKey: SettingValue] = [:],
    environment: [String: String], buildArguments: [String: String] = [:], ignoresCache: Bool = false,
    refreshesImages: Bool = false
  ) {
    self.directory = directory
    self.displayPrefix = displayPrefix
    self.flags = flags
    self.environment = environment
    self.buildArguments = buildArguments
    self.ignoresCache = ignoresCache
    self.refreshesImages = refreshesImages
  }
}
