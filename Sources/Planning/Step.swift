import Diagnostics
import Dockerfile
import OCI

/// An instruction that touches files, with everything expanded: nothing in it depends on a variable any more.
package enum Step: Hashable, Sendable {
  case run(RunStep)
  case copy(CopyStep)
  /// WORKDIR: the directory has to exist. The path is absolute.
  case makeDirectory(String)
}

/// A command to run in a container.
package struct RunStep: Hashable, Sendable {
  /// Program and arguments.
  package var arguments: [String]
  /// `NAME=value`; the image's environment, then the declared build arguments that it does not override.
  package var environment: [String]
  /// Absolute path.
  package var workingDirectory: String
  /// `user[:group]` as in the config; empty for root.
  package var user: String
  package var network: RunNetwork
  package var security: RunSecurity
  package var mounts: [RunMount]
  /// `NAME=value` of the proxies that the user gives and no ARG declares: for the command, in no record.
  package var proxies: [String] = []
  /// Scripts to put into the container for the time of the step, by absolute path.
  package var scripts: [String: [UInt8]]
}

/// Files to copy into the image.
package struct CopyStep: Hashable, Sendable {
  /// Paths with wildcards, relative to the root of where they come from.
  package var sources: [String]
  /// Content written in the Dockerfile itself, by file name, in order.
  package var inlineFiles: [InlineFile]
  package var destination: String
  /// Absolute; a relative destination starts here.
  package var workingDirectory: String
  /// `user[:group]` as written; nil for root.
  package var owner: OwnerSpecification?
  package var mode: ModeChange?
  /// Whether archives among the sources are unpacked (ADD).
  package var unpacksArchives: Bool
  /// Whether the layer is made without looking at the tree below it.
  package var isLinked: Bool

  /// A file whose content stands in the Dockerfile.
  package struct InlineFile: Hashable, Sendable {
    package var name: String
    package var content: [UInt8]

    package init(name: String, content: [UInt8]) {
      self.name = name
      self.content = content
    }
  }
}

/// An instruction after lowering: its line of history, and the step when it touches files.
package struct LoweredInstruction: Hashable, Sendable {
  /// For the image's history: the instruction after expansion.
  package var history: String
  /// nil when only the config changed, which has been done already.
  package var step: Step?
  package var range: SourceRange
}
