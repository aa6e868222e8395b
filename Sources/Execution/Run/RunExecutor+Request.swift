import Dockerfile
import SystemPackage

extension RunExecutor {
  /// The step in the terms of the runtime.
  ///
  /// - Parameters:
  ///   - lowers: the unpacked layers below, lowest first.
  ///   - mounted: the same for mounts of stages and images, by position of the mount.
  /// - Throws: `RunError` for what the user has to give and did not.
  func request(lowers: [FilePath], mounted: [Int: [FilePath]]) async throws -> RunRequest {
    let grants = context.machinery.grants
    if step.security == .insecure, !grants.entitlements.contains(.insecure) {
      throw RunError.notGranted(
        what: "--security=insecure takes all limits from a command, and nobody allowed that",
        help: "imgset build --allow \(Entitlement.insecure.rawValue)")
    }
    let mounts = try await mounts(mounted)
    let replaced = Set(mounts.environment.map { $0.prefix { $0 != "=" } })
    let environment = step.environment.filter { !replaced.contains($0.prefix { $0 != "=" }) }
    var request = RunRequest(
      lowers: lowers, arguments: step.arguments, environment: environment + mounts.environment,
      workingDirectory: step.workingDirectory, user: step.user, platform: context.platform,
      network: step.network == .none ? .none : .host, mounts: mounts.mounts)
    request.proxies = step.proxies
    request.isInsecure = step.security == .insecure
    request.limits = grants.limits
    return request
  }
}
