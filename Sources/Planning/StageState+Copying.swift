import Diagnostics
import Dockerfile
import OCI

extension StageState {
  /// COPY: local sources only.
  func lower(_ copy: CopyInstruction, _ instruction: Instruction) throws(DiagnosticsError) -> LoweredInstruction {
    try lower(copy.transfer, instruction) { (text, word) throws(DiagnosticsError) in
      guard !RemoteSource.isRemote(text) else {
        throw DiagnosticsError(
          .error(
            "COPY takes no remote source", at: word.range,
            why: ["`\(RemoteSource.redacted(text))` is not a local path"],
            help: ["use ADD"]))
      }
      return .path(text)
    }
  }

  /// ADD: sources may be remote, and archives are unpacked.
  func lower(_ add: AddInstruction, _ instruction: Instruction) throws(DiagnosticsError) -> LoweredInstruction {
    let checksum = try add.checksum.map { (word) throws(DiagnosticsError) in try scope.expand(word) }
    var lowered = try lower(add.transfer, instruction) { (text, word) throws(DiagnosticsError) in
      do throws(RemoteSource.Fault) {
        return try RemoteSource.source(text, checksum: checksum, keepsGitDirectory: add.keepGitDirectory)
      } catch {
        throw DiagnosticsError(.error(error.what, at: word.range, why: error.why, help: error.help))
      }
    }
    guard case .copy(var step)? = lowered.step else { return lowered }
    if let word = add.checksum, step.sources.count + step.inlineFiles.count > 1 || step.paths.count > 0 {
      throw DiagnosticsError(
        .error("--checksum needs one remote source and nothing else", at: word.range, help: ["write one ADD for each"]))
    }
    if step.keepsParents, step.paths.count < step.sources.count {
      throw DiagnosticsError(.error("--parents is for local sources only", at: instruction.range))
    }
    step.unpacksArchives = add.unpack ?? true
    step.unpacksDownloads = add.unpack ?? false
    lowered.step = .copy(step)
    return lowered
  }

  /// What COPY and ADD have in common; `source` says what a word means once it is expanded.
  private func lower(
    _ transfer: FileTransfer, _ instruction: Instruction,
    source: (String, Word) throws(DiagnosticsError) -> CopyStep.Source
  ) throws(DiagnosticsError) -> LoweredInstruction {
    var sources: [CopyStep.Source] = []
    var shown: [String] = []
    var files: [CopyStep.InlineFile] = []
    for item in transfer.sources {
      switch item {
      case .path(let word):
        let text = try scope.expand(sourcePattern(word))
        sources.append(try source(text, word))
        shown.append(RemoteSource.redacted(text))
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
      owner: try owner(transfer.chown, isLinked: transfer.link), mode: try mode(transfer.chmod),
      isLinked: transfer.link, keepsParents: transfer.parents, excludes: try excludes(transfer.excludes))
    shown += files.map { "<<\($0.name)" } + [destination]
    return LoweredInstruction(
      history: "\(instruction.keyword.rawValue) \(shown.joined(separator: " "))", step: .copy(step),
      range: instruction.range)
  }

  /// The patterns of `--exclude`, expanded and checked.
  private func excludes(_ words: [Word]) throws(DiagnosticsError) -> [String] {
    var patterns: [String] = []
    for word in words {
      let pattern = try scope.expand(sourcePattern(word))
      guard pattern.utf8.count <= CopyStep.patternLimit else {
        throw DiagnosticsError(
          .error("the pattern of --exclude is longer than \(CopyStep.patternLimit) bytes", at: word.range))
      }
      guard (try? IgnorePatterns([pattern], origin: "--exclude")) != nil else {
        throw DiagnosticsError(
          .error(
            "`\(pattern)` is not a pattern", at: word.range,
            help: ["write \\ before a character that is meant as it is, and close every ["]))
      }
      patterns.append(pattern)
    }
    return patterns
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

  private func owner(_ word: Word?, isLinked: Bool) throws(DiagnosticsError) -> OwnerSpecification? {
    guard let word else { return nil }
    let text = try scope.expand(word)
    guard let owner = OwnerSpecification(text) else {
      throw DiagnosticsError(
        .error(
          "`\(text)` is not an owner", at: word.range, why: ["expected USER, USER:GROUP or numbers below 4294967295"]))
    }
    if isLinked, owner.namesAnyone {
      throw DiagnosticsError(
        .error(
          "`\(text)` cannot be looked up for a linked copy", at: word.range,
          why: ["--link copies into an empty tree, which has no users"], help: ["write numbers, or leave out --link"]))
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
}

extension CopyStep {
  /// Bytes of a pattern, as many as the longest path has.
  static let patternLimit = 4096
}

extension OwnerSpecification {
  /// Whether a user or group is given by its name, which only the image's own files can turn into a number.
  package var namesAnyone: Bool {
    [user, group].contains { if case .name? = $0 { true } else { false } }
  }
}
