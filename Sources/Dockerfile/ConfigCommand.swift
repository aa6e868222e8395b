/// Lowering of commands and ports to the words that an image's configuration uses.
package enum ConfigCommand {
  /// The shell of an image that names none.
  package static let defaultShell = ["/bin/sh", "-c"]

  /// The argument vector of CMD and ENTRYPOINT: the exec form as it is, the shell form behind the shell; empty when
  /// there is no command.
  package static func arguments(of command: CommandForm, shell: [String] = defaultShell) -> [String] {
    switch command {
    case .exec(let words): words.map(\.text)
    case .shell(let word): word.text.utf8.isEmpty ? [] : shell + [word.text]
    }
  }

  /// The `Test` of a health check.
  package static func test(of check: HealthcheckInstruction.Check) -> [String] {
    switch check {
    case .none: ["NONE"]
    case .command(.shell(let word)): ["CMD-SHELL", word.text]
    case .command(.exec(let words)): ["CMD"] + words.map(\.text)
    }
  }
}

extension RunInstruction {
  /// What a RUN executes.
  package enum Execution: Hashable, Sendable {
    /// An argument vector as it is.
    case exec([String])
    /// One text behind the arguments of the shell, which also reads any heredocs in it.
    case shell(String)
    /// An inline file that starts with `#!`, to be put into the container under its name and run.
    case script(name: String, content: [UInt8])
  }

  /// The command with its inline files put where they are read: a heredoc alone is the script itself, others are handed
  /// to the shell behind the line that opens them.
  package var execution: Execution {
    switch command {
    case .exec(let words): return .exec(words.map(\.text))
    case .shell(let word):
      guard !heredocs.isEmpty else { return .shell(word.text) }
      if heredocs.count == 1, let opening = try? HeredocOpening(word: word.text.utf8), opening.name == heredocs[0].name
      {
        let body = heredocs[0].body
        if body.starts(with: [.hash, .exclamationMark]) { return .script(name: opening.name, content: body) }
        return .shell(String(bytes: body))
      }
      return .shell(
        heredocs.reduce(word.text) { text, heredoc in
          text + "\n" + String(bytes: heredoc.content) + heredoc.name
        })
    }
  }
}
