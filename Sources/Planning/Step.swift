import Diagnostics
import Dockerfile
import OCI

/// An instruction that touches files, with everything expanded: nothing in it depends on a variable any more.
package enum Step: Hashable, Sendable {
  case run(RunStep)
  case copy(CopyStep)
  case makeDirectory(DirectoryStep)
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
  /// In the order of the instruction, where later ones win.
  package var sources: [Source]
  /// Content written in the Dockerfile itself, by file name, in order; copied after the sources.
  package var inlineFiles: [InlineFile]
  package var destination: String
  /// Absolute; a relative destination starts here.
  package var workingDirectory: String
  /// `user[:group]` as written; nil for root, or for the owners of the stage that is copied from.
  package var owner: OwnerSpecification?
  package var mode: ModeChange?
  /// Whether archives among the local sources are unpacked.
  package var unpacksArchives = false
  /// Whether archives that were downloaded are unpacked.
  package var unpacksDownloads = false
  /// Whether the layer is made without looking at the tree below it.
  package var isLinked = false
  /// Whether the directories in front of a source are kept, from its `/./` on where it has one.
  package var keepsParents = false
  /// Patterns as in an ignore file, relative to each source, of what is not copied.
  package var excludes: [String] = []

  /// Local sources alone, with their wildcards.
  package var paths: [String] { sources.compactMap { if case .path(let path) = $0 { path } else { nil } } }

  /// What one word of an instruction names.
  package enum Source: Hashable, Sendable {
    /// A path with wildcards, relative to the root of the context, stage or image that it comes from.
    case path(String)
    case download(DownloadSource)
    case repository(RepositorySource)
  }

  /// Everything there is, put where it is: what a stage that starts from a directory begins with.
  package static let everything = CopyStep(
    sources: [.path(".")], inlineFiles: [], destination: "/", workingDirectory: "/", owner: nil, mode: nil)

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

/// The directory of a WORKDIR, which has to exist from there on.
package struct DirectoryStep: Hashable, Sendable {
  /// Absolute and normalised.
  package var path: String
  /// USER as it stands at this point, the owner of directories that are made; empty for root.
  package var user: String

  package init(path: String, user: String) {
    self.path = path
    self.user = user
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
