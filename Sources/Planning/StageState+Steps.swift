import Diagnostics
import Dockerfile
import OCI

extension StageState {
  /// COPY, and what ADD has in common with it.
  func lower(
    _ transfer: FileTransfer, _ instruction: Instruction, unpacksArchives: Bool
  ) throws(DiagnosticsError) -> LoweredInstruction {
    if transfer.parents { throw unsupported("--parents", instruction) }
    if !transfer.excludes.isEmpty { throw unsupported("--exclude", instruction) }
    var sources: [String] = []
    var files: [CopyStep.InlineFile] = []
    for source in transfer.sources {
      switch source {
      case .path(let word): sources.append(try scope.expand(sourcePattern(word)))
      case .heredoc(let heredoc):
        files.append(.init(name: heredoc.name, content: try scope.expand(heredoc)))
      }
    }
    let destination = try scope.expand(transfer.destination)
    if sources.count + files.count > 1, !destination.hasSuffix("/"), destination != "." {
      throw DiagnosticsError(
        .error(
          "the destination of several sources must be a directory", at: transfer.destination.range,
          help: ["write `\(destination)/`"]))
    }
    let step = CopyStep(
      sources: sources, inlineFiles: files, destination: destination, workingDirectory: workingDirectory,
      owner: try owner(transfer.chown), mode: try mode(transfer.chmod), unpacksArchives: unpacksArchives,
      isLinked: transfer.link)
    let shown = sources + files.map { "<<\($0.name)" } + [destination]
    return LoweredInstruction(
      history: "\(instruction.keyword.rawValue) \(shown.joined(separator: " "))", step: .copy(step),
      range: instruction.range)
  }

  /// A source in which `\*`, `\?` and `\[` come out of the expansion as they are, since there they are no wildcards.
  private func sourcePattern(_ word: Word) -> Word {
    let backslash = UInt8(ascii: "\\")
    guard scope.expander.escape == backslash else { return word }
    var bytes: [UInt8] = []
    var rest = Array(word.text.utf8)[...]
    while let byte = rest.popFirst() {
      bytes.append(byte)
      guard byte == backslash, let next = rest.popFirst() else { continue }
      if "*?[]".utf8.contains(next) { bytes.append(backslash) }
      bytes.append(next)
    }
    return Word(String(decoding: bytes, as: UTF8.self), range: word.range)
  }

  func lower(_ add: AddInstruction, _ instruction: Instruction) throws(DiagnosticsError) -> LoweredInstruction {
    let lowered = try lower(add.transfer, instruction, unpacksArchives: add.unpack ?? true)
    if add.checksum != nil { throw unsupported("--checksum", instruction) }
    if case .copy(let step)? = lowered.step {
      for source in step.sources where Self.isRemote(source) {
        throw DiagnosticsError(
          .error(
            "ADD of a remote source is not supported yet", at: instruction.range,
            why: ["`\(source)` is not a local path"],
            help: ["fetch it in `build_binaries` and ADD the file"]))
      }
    }
    return lowered
  }

  /// WORKDIR: relative to the one before, as `cd` would take it.
  mutating func lowerWorkingDirectory(
    _ word: Word, _ instruction: Instruction
  ) throws(DiagnosticsError) -> LoweredInstruction {
    let text = try scope.expand(word)
    guard !text.isEmpty else { throw DiagnosticsError(.error("the working directory is empty", at: word.range)) }
    var parts: [Substring] = []
    for part in (text.hasPrefix("/") ? text : workingDirectory + "/" + text).split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    let path = "/" + parts.joined(separator: "/")
    settings.workingDir = path
    return LoweredInstruction(history: "WORKDIR \(path)", step: .makeDirectory(path), range: instruction.range)
  }

  private func owner(_ word: Word?) throws(DiagnosticsError) -> OwnerSpecification? {
    guard let word else { return nil }
    let text = try scope.expand(word)
    guard let owner = OwnerSpecification(text) else {
      throw DiagnosticsError(
        .error(
          "`\(text)` is not an owner", at: word.range, why: ["expected USER, USER:GROUP or numbers below 4294967295"]))
    }
    return owner
  }

  private func mode(_ word: Word?) throws(DiagnosticsError) -> ModeChange? {
    guard let word else { return nil }
    let text = try scope.expand(word)
    guard let mode = ModeChange(text) else {
      throw DiagnosticsError(
        .error(
          "`\(text)` is not a mode", at: word.range, why: ["expected octal digits, or clauses such as `u=rwX,go-w`"]))
    }
    return mode
  }

  private func unsupported(_ flag: String, _ instruction: Instruction) -> DiagnosticsError {
    DiagnosticsError(.error("\(instruction.keyword.rawValue) \(flag) is not supported yet", at: instruction.range))
  }

  private static func isRemote(_ source: String) -> Bool {
    ["http://", "https://", "git://", "git@", "ssh://"].contains(where: source.hasPrefix)
  }
}
