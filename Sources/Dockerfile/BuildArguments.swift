/// The values that a build gives to the ARG variables of a Dockerfile.
package struct BuildArguments: Hashable, Sendable {
  /// What the user or the component sets, as with `--build-arg`. A value counts only where an ARG declares its name,
  /// except that it also replaces an automatic value of the same name.
  package var given: [String: String]
  /// The automatic values: `TARGETPLATFORM`, `TARGETOS`, `TARGETARCH`, `TARGETVARIANT` and the same with `BUILD`,
  /// already in OCI spelling. FROM sees them undeclared, a stage only with ARG.
  package var platform: [String: String]

  /// Pairs the given values with those of one platform.
  package init(given: [String: String] = [:], platform: [String: String] = [:]) {
    self.given = given
    self.platform = platform
  }

  /// Names that a RUN sees without ARG and that are never recorded in the image.
  /// <https://docs.docker.com/reference/dockerfile/#predefined-args>
  package static let proxyNames: Set<String> = [
    "HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "FTP_PROXY", "ftp_proxy", "NO_PROXY", "no_proxy",
    "ALL_PROXY", "all_proxy",
  ]
}

/// One variable with its value.
package struct Variable: Hashable, Sendable {
  /// The name, never empty.
  package let name: String
  /// The value, which may be empty.
  package let value: String

  /// Pairs a name with a value.
  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}
