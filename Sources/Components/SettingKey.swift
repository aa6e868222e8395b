/// The settings of a run, with the three names each can be given by.
package enum SettingKey: String, Hashable, Sendable, CaseIterable {
  case destination
  case components
  case architectures
  case push
  case jobs
  case tag
  case release
  case targets
  case foreignFiles

  /// The environment variable; nil when there is none.
  package var environmentName: String? {
    switch self {
    case .destination: "DEST_REGISTRY"
    case .components: "COMPONENTS"
    case .architectures: "ARCHITECTURES"
    case .push: "PUSH"
    case .jobs: "PARALLEL"
    case .tag: "OCP_BASE_TAG"
    case .release, .targets, .foreignFiles: nil
    }
  }

  /// The flag, or how arguments are written in messages.
  package var flagName: String {
    switch self {
    case .destination: "--dest"
    case .components: "COMPONENT…"
    case .architectures: "--arch"
    case .push: "--push"
    case .jobs: "--jobs"
    case .tag: "--tag"
    case .release: "--release"
    case .targets: "--target"
    case .foreignFiles: "--allow-foreign"
    }
  }

  /// The key in a configuration file.
  package var fileKey: String {
    switch self {
    case .destination: "dest"
    case .components: "components"
    case .architectures: "arch"
    case .targets: "target"
    case .foreignFiles: "allow-foreign"
    case .push, .jobs, .tag, .release: rawValue
    }
  }
}
