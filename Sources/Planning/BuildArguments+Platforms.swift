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
  ///   - stage: the stage that was asked for; nil for the last, which `TARGETSTAGE` calls `default` as in BuildKit.
  package init(given: [String: String], target: Platform, build: Platform, stage: String? = nil) {
    var automatic = Self.automatic("TARGET", target).merging(Self.automatic("BUILD", build)) { $1 }
    automatic["TARGETSTAGE"] = stage ?? "default"
    self.init(given: given, platform: automatic)
  }

  private static func automatic(_ prefix: String, _ platform: Platform) -> [String: String] {
    [
      "\(prefix)PLATFORM": platform.description, "\(prefix)OS": platform.os, "\(prefix)ARCH": platform.architecture,
      "\(prefix)VARIANT": platform.variant ?? "",
    ]
  }
}
