import Dockerfile
import OCI

extension BuildArguments {
  /// Pairs the given values with the automatic ones of two platforms.
  ///
  /// Implements [Dockerfile reference, "Automatic platform ARGs"](https://docs.docker.com/reference/dockerfile/#automatic-platform-args-in-the-global-scope).
  /// - Parameters:
  ///   - given: values from the settings and the component, such as `REGISTRY`.
  ///   - target: the platform that the image is for.
  ///   - build: the platform of this machine.
  package init(given: [String: String], target: Platform, build: Platform) {
    self.init(
      given: given,
      platform: Self.automatic("TARGET", target).merging(Self.automatic("BUILD", build)) { $1 })
  }

  private static func automatic(_ prefix: String, _ platform: Platform) -> [String: String] {
    [
      "\(prefix)PLATFORM": platform.description, "\(prefix)OS": platform.os, "\(prefix)ARCH": platform.architecture,
      "\(prefix)VARIANT": platform.variant ?? "",
    ]
  }
}
