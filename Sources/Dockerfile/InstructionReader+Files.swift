import Diagnostics

extension InstructionReader {
  private static let transferFlags: [String: FlagShape] = [
    "chown": .text, "chmod": .text, "link": .switching, "parents": .switching, "exclude": .list,
  ]

  mutating func copy() throws(DiagnosticsError) -> CopyInstruction {
    let flags = flags(Self.transferFlags.merging(["from": .text]) { $1 })
    let from = flags.text("from")
    if let from, from.text.utf8.isEmpty { report(.error("--from is empty", at: syntax.range)) }
    return CopyInstruction(transfer: try transfer(flags), from: from)
  }

  mutating func add() throws(DiagnosticsError) -> AddInstruction {
    let flags = flags(
      Self.transferFlags.merging(["checksum": .text, "keep-git-dir": .switching, "unpack": .switching]) { $1 })
    return AddInstruction(
      transfer: try transfer(flags), checksum: flags.text("checksum"),
      keepGitDirectory: flags.isOn("keep-git-dir") ?? false, unpack: flags.isOn("unpack"))
  }

  private mutating func transfer(_ flags: FlagReader) throws(DiagnosticsError) -> FileTransfer {
    try DiagnosticsError.check(diagnostics)
    let words: [Word]
    let isExec: Bool
    switch syntax.arguments {
    case .words(let list): (words, isExec) = (list, false)
    case .json(let list): (words, isExec) = (list, true)
    default: (words, isExec) = ([], false)
    }
    guard let destination = words.last, words.count >= 2 else {
      let found = words.isEmpty ? "" : ", but only one was provided. Destination could not be determined"
      throw failure(
        "\(keyword.rawValue) requires at least two arguments\(found)",
        help: ["for example: \(keyword.rawValue) source… destination"])
    }
    if !isExec, heredoc(of: destination) != nil {
      throw failure("\(keyword.rawValue) cannot accept a heredoc as a destination", at: destination.range)
    }
    let sources = words.dropLast().map { word -> FileTransfer.Source in
      if !isExec, let heredoc = heredoc(of: word) { .heredoc(heredoc) } else { .path(word) }
    }
    return FileTransfer(
      sources: sources, destination: destination, chown: flags.text("chown"), chmod: flags.text("chmod"),
      link: flags.isOn("link") ?? false, parents: flags.isOn("parents") ?? false, excludes: flags.list("exclude"))
  }

  private func heredoc(of word: Word) -> Heredoc? {
    guard let opening = try? HeredocOpening(word: word.text.utf8) else { return nil }
    return syntax.heredocs.first { $0.name == opening.name }
  }
}
