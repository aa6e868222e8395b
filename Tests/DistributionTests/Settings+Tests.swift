import Linux
import Synchronization
import SystemPackage

@testable import Distribution

extension RegistrySettings {
  /// Settings that see nothing of the machine, and that do not wait between attempts.
  static func forTests(
    environment: [String: String] = [:], rules: [RegistriesConfiguration.Rule] = [], certificates: [String] = []
  ) -> RegistrySettings {
    var environment = environment
    // Without it the machine's own credential files would count.
    if environment["REGISTRY_AUTH_FILE"] == nil { environment["REGISTRY_AUTH_FILE"] = "/nonexistent/auth.json" }
    var settings = RegistrySettings(
      registries: RegistriesConfiguration(rules: rules),
      credentials: CredentialLookup(environment: environment, userID: 1000),
      certificates: CertificateDirectories(roots: certificates))
    settings.retry.sleep = { _ in try Task.checkCancellation() }
    return settings
  }
}

/// Values collected from callbacks on any thread.
final class Collected<Value: Sendable>: Sendable {
  private let state = Mutex<[Value]>([])

  func append(_ value: Value) { state.withLock { $0.append(value) } }
  var values: [Value] { state.withLock { $0 } }
}

/// Writes a small text file.
func write(_ text: String, to path: FilePath, permissions: FilePermissions = .ownerReadWrite) throws {
  let file = try FileDescriptor.open(path, .writeOnly, options: [.create, .truncate], permissions: permissions)
  try file.closeAfter { _ = try file.writeAll(text.utf8) }
}
