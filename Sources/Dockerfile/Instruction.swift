import Diagnostics

/// One instruction with its meaning: arguments checked, flags typed, words not yet expanded.
package struct Instruction: Hashable, Sendable {
  /// What the instruction does.
  package enum Kind: Hashable, Sendable {
    /// ADD: files of the context, downloads and repositories.
    case add(AddInstruction)
    /// ARG: variables of the build.
    case arg(ArgInstruction)
    /// CMD: the command of a container, or the arguments of its entry point.
    case cmd(CommandForm)
    /// COPY: files of the context, a stage or an image.
    case copy(CopyInstruction)
    /// ENTRYPOINT: the program of a container.
    case entrypoint(CommandForm)
    /// ENV: variables of the image.
    case env(EnvInstruction)
    /// EXPOSE: ports that a container listens on.
    case expose(ExposeInstruction)
    /// FROM: starts a stage; never inside one.
    case from(FromInstruction)
    /// HEALTHCHECK: how a running container is checked.
    case healthcheck(HealthcheckInstruction)
    /// LABEL: metadata of the image.
    case label(LabelInstruction)
    /// MAINTAINER, deprecated: the author as written.
    case maintainer(Word)
    /// ONBUILD: an instruction for images built on this one.
    case onbuild(OnbuildInstruction)
    /// RUN: a command whose changes become a layer.
    case run(RunInstruction)
    /// SHELL: the program and its arguments, at least one.
    case shell([Word])
    /// STOPSIGNAL: a name or number, to be expanded and checked with `StopSignal`.
    case stopsignal(Word)
    /// USER: `user[:group]`, to be expanded and read with `OwnerSpecification`.
    case user(Word)
    /// VOLUME: paths in the image, at least one.
    case volume([Word])
    /// WORKDIR: one path, which may hold blanks.
    case workdir(Word)
  }

  /// The arguments by kind of instruction.
  package let kind: Kind
  /// The cut from which this was read; its text is what belongs into the history.
  package let syntax: InstructionSyntax

  /// From the keyword to the last byte, heredocs included.
  package var range: SourceRange { syntax.range }
  /// The keyword, whatever its spelling was.
  package var keyword: Keyword { syntax.keyword }
  /// The instruction joined to one line, unexpanded, without the lines of heredocs.
  package var text: String { syntax.text }

  /// Gives a cut instruction its meaning.
  ///
  /// - Throws: everything wrong with its flags and arguments.
  package init(_ syntax: InstructionSyntax) throws(DiagnosticsError) {
    var reader = InstructionReader(syntax)
    let kind = try reader.read()
    try DiagnosticsError.check(reader.diagnostics)
    self.syntax = syntax
    self.kind = kind
  }
}

/// A command in one of its two forms.
/// <https://docs.docker.com/reference/dockerfile/#shell-and-exec-form>
package enum CommandForm: Hashable, Sendable {
  /// Text for the shell; empty for CMD and ENTRYPOINT without arguments.
  case shell(Word)
  /// The program and its arguments as they are.
  case exec([Word])
}
