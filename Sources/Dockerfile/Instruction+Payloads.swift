import Diagnostics

/// FROM: the start of a stage. <https://docs.docker.com/reference/dockerfile/#from>
package struct FromInstruction: Hashable, Sendable {
  /// The image, a stage before it, or `scratch`.
  package let base: Word
  /// The value of `--platform`.
  package let platform: Word?
  /// The name behind AS as written; stages are looked up by its lower case.
  package let name: Word?
}

/// ARG: variables that a build may set. <https://docs.docker.com/reference/dockerfile/#arg>
package struct ArgInstruction: Hashable, Sendable {
  /// One variable.
  package struct Argument: Hashable, Sendable {
    /// The name, never empty.
    package let name: Word
    /// The value when the build sets none; nil when the line gives none, which is not the same as empty.
    package let defaultValue: Word?
  }

  /// The variables in order; each may refer to those before it.
  package let arguments: [Argument]
}

/// ENV: variables that the image keeps. <https://docs.docker.com/reference/dockerfile/#env>
package struct EnvInstruction: Hashable, Sendable {
  /// Names and values in order; no value sees another of the same instruction.
  package let pairs: [InstructionSyntax.Pair]
}

/// LABEL: metadata of the image. <https://docs.docker.com/reference/dockerfile/#label>
package struct LabelInstruction: Hashable, Sendable {
  /// Names and values in order; both are expanded.
  package let pairs: [InstructionSyntax.Pair]
}

/// EXPOSE: ports. <https://docs.docker.com/reference/dockerfile/#expose>
package struct ExposeInstruction: Hashable, Sendable {
  /// Ports, each to be expanded to any number of words and read with `ExposedPort`.
  package let ports: [Word]
}

/// RUN: a command that changes the tree. <https://docs.docker.com/reference/dockerfile/#run>
package struct RunInstruction: Hashable, Sendable {
  /// The command, not expanded: variables in it are the shell's business.
  package let command: CommandForm
  /// The inline files, in the order in which the command opens them.
  package let heredocs: [Heredoc]
  /// The values of `--mount` in order.
  package let mounts: [MountFlag]
  /// The value of `--network`; nil for the default network.
  package let network: RunNetwork?
  /// The value of `--security`; nil for sandbox.
  package let security: RunSecurity?
}

/// `RUN --network`.
package enum RunNetwork: String, CaseIterable, Hashable, Sendable {
  /// The network of other steps.
  case `default`
  /// Loopback alone.
  case none
  /// The host's own.
  case host
}

/// `RUN --security`.
package enum RunSecurity: String, CaseIterable, Hashable, Sendable {
  /// The default capabilities and filters.
  case sandbox
  /// All capabilities; only where the user allows it.
  case insecure
}

/// What COPY and ADD have in common: from where to where, and with which owner and mode.
package struct FileTransfer: Hashable, Sendable {
  /// Where content comes from.
  package enum Source: Hashable, Sendable {
    /// A path with wildcards, or for ADD an address.
    case path(Word)
    /// An inline file; its name is the file's name.
    case heredoc(Heredoc)
  }

  /// In order; at least one.
  package let sources: [Source]
  /// A directory when it ends in a slash or there are several sources.
  package let destination: Word
  /// The value of `--chown`, to be expanded and read with `OwnerSpecification`.
  package let chown: Word?
  /// The value of `--chmod`, to be expanded and read with `ModeChange`.
  package let chmod: Word?
  /// `--link`: the layer does not depend on the tree below.
  package let link: Bool
  /// `--parents`: the directories in front of a source are kept.
  package let parents: Bool
  /// The values of `--exclude` in order, patterns as in an ignore file.
  package let excludes: [Word]
}

/// COPY. <https://docs.docker.com/reference/dockerfile/#copy>
package struct CopyInstruction: Hashable, Sendable {
  /// Sources, destination, owner and mode.
  package let transfer: FileTransfer
  /// The value of `--from`: a stage's name or number, or an image; nil for the build context.
  package let from: Word?
}

/// ADD. <https://docs.docker.com/reference/dockerfile/#add>
package struct AddInstruction: Hashable, Sendable {
  /// Sources, destination, owner and mode.
  package let transfer: FileTransfer
  /// The value of `--checksum`: the digest that a download must have.
  package let checksum: Word?
  /// `--keep-git-dir`.
  package let keepGitDirectory: Bool
  /// `--unpack`; nil when not given: local archives are unpacked, downloads are not.
  package let unpack: Bool?
}

/// HEALTHCHECK. <https://docs.docker.com/reference/dockerfile/#healthcheck>
package struct HealthcheckInstruction: Hashable, Sendable {
  /// What is run.
  package enum Check: Hashable, Sendable {
    /// NONE: a check of the base image is switched off.
    case none
    /// CMD with a command that is not empty.
    case command(CommandForm)
  }

  /// The command, or that there is none.
  package let check: Check
  /// Nanoseconds between checks; 0 inherits.
  package let interval: Int64
  /// Nanoseconds after which a check has failed; 0 inherits.
  package let timeout: Int64
  /// Nanoseconds in which failures do not count; 0 inherits.
  package let startPeriod: Int64
  /// Nanoseconds between checks in the start period; 0 inherits.
  package let startInterval: Int64
  /// Failures in a row that make a container unhealthy; 0 inherits.
  package let retries: Int
}

/// ONBUILD: an instruction kept for images built on this one.
/// <https://docs.docker.com/reference/dockerfile/#onbuild>
package struct OnbuildInstruction: Hashable, Sendable {
  /// The instruction as it is put into the image's configuration, with the lines of its heredocs.
  package let text: String
  /// What it means; checked now, carried out later.
  package let keyword: Keyword
}
