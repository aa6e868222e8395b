import Diagnostics

/// One instruction cut into keyword, flags, arguments and heredocs, before the arguments are given a meaning.
package struct InstructionSyntax: Hashable, Sendable {
  /// The arguments, in the shape that the instruction's keyword calls for.
  package enum Arguments: Hashable, Sendable {
    /// The rest of the line as it is; empty when there is none.
    case text(Word)
    /// The exec form: the strings of a JSON array.
    case json([Word])
    /// Words between blanks; quotes join blanks into a word only for ARG.
    case words([Word])
    /// `name=value` words, or one pair in the old form `name value`.
    case pairs([Pair], isOldForm: Bool)
    /// HEALTHCHECK: its type and the command behind it.
    indirect case check(type: Word, command: Arguments)
    /// ONBUILD: the instruction that it keeps.
    indirect case trigger(InstructionSyntax)
  }

  /// One `name=value`, quotes and escapes still in both.
  package struct Pair: Hashable, Sendable {
    /// The part before the first `=`.
    package let name: Word
    /// The part behind it.
    package let value: Word
  }

  /// What the instruction is.
  package let keyword: Keyword
  /// The keyword as written.
  package let keywordWord: Word
  /// The words that start with `--` before the arguments, without their quotes.
  package let flags: [Word]
  /// What follows the flags.
  package internal(set) var arguments: Arguments
  /// The inline files, in the order in which the line opens them.
  package internal(set) var heredocs: [Heredoc] = []
  /// The instruction joined to one line, heredocs left out.
  package let text: String
  /// From the keyword to the last byte, heredocs included.
  package internal(set) var range: SourceRange
}
