import Diagnostics

/// A file cut into instructions, none of which has been given a meaning yet.
package struct SyntaxTree: Sendable {
  /// The file that the ranges point into.
  package let file: SourceFile
  /// What stands in the directives at the top.
  package private(set) var directives = ParserDirectives()
  /// The instructions that could be cut, in order; those that could not are in `diagnostics`.
  package private(set) var instructions: [InstructionSyntax] = []
  /// Everything wrong or doubtful in the file, in the order of its lines.
  package private(set) var diagnostics: [Diagnostic] = []

  /// Cuts the whole file; never fails, what is wrong is in `diagnostics`.
  package init(parsing file: SourceFile) {
    self.file = file
    guard checkBytes() else { return }
    directives = .parse(file, reporting: &diagnostics)
    var scanner = LineScanner(file: file)
    scanner.escape = directives.escape
    while let line = scanner.nextLogicalLine() {
      guard instructions.count < ParserLimits.instructions else {
        report("more than \(ParserLimits.instructions) instructions", at: line.range(0..<line.bytes.count))
        break
      }
      guard diagnostics.count < ParserLimits.diagnostics else {
        report("too many errors, the rest of the file was not read", at: line.range(0..<line.bytes.count))
        break
      }
      read(line, &scanner)
    }
    if instructions.isEmpty, diagnostics.isEmpty {
      report("file with no instructions", at: file.range(0..<0), help: "start with FROM")
    }
  }

  private mutating func report(_ what: String, at range: SourceRange, help: String...) {
    diagnostics.append(.error(what, at: range, help: help))
  }

  /// Whether the bytes can be text at all.
  private mutating func checkBytes() -> Bool {
    if file.bytes.count > ParserLimits.fileBytes {
      report("file is larger than \(ParserLimits.fileBytes) bytes", at: file.range(0..<0))
    } else if let offset = firstInvalidUTF8(in: file.bytes) {
      report("file is not UTF-8 text", at: file.range(offset..<offset + 1), help: "save the file as UTF-8")
    } else if let offset = file.bytes.firstIndex(of: 0) {
      report("file holds a NUL byte", at: file.range(offset..<offset + 1))
    }
    return diagnostics.isEmpty
  }

  private mutating func read(_ line: LogicalLine, _ scanner: inout LineScanner) {
    let whole = line.range(0..<line.bytes.count)
    guard line.bytes.count <= ParserLimits.instructionBytes else {
      return report("instruction is longer than \(ParserLimits.instructionBytes) bytes", at: whole)
    }
    if line.hasEmptyContinuation {
      diagnostics.append(
        .warning(
          "empty continuation line", at: whole, rule: "NoEmptyContinuation",
          help: ["remove the blank lines between continued lines"]))
    }
    do {
      var syntax = try SyntaxReader(line: line, escape: directives.escape).read()
      if syntax.mayOpenHeredoc { try syntax.readHeredocs(of: line, &scanner) }
      instructions.append(syntax)
    } catch {
      diagnostics += error.diagnostics
    }
  }
}

extension InstructionSyntax {
  /// Whether `<<` has a meaning here: RUN, COPY and ADD not in the exec form, also behind ONBUILD.
  fileprivate var mayOpenHeredoc: Bool {
    if case .trigger(let inner) = arguments { return inner.mayOpenHeredoc }
    if case .json = arguments { return false }
    return [.run, .copy, .add].contains(keyword)
  }

  /// Takes the lines of all heredocs that the instruction opens from the scanner.
  ///
  /// - Throws: a heredoc whose delimiter never comes; the lines behind it are then read as instructions again only when
  ///   the file ends there, so they are left out.
  fileprivate mutating func readHeredocs(of line: LogicalLine, _ scanner: inout LineScanner)
    throws(DiagnosticsError)
  {
    let openings = HeredocOpening.all(in: line.bytes)
    guard openings.count <= ParserLimits.heredocs else {
      throw DiagnosticsError(.error("more than \(ParserLimits.heredocs) heredocs in one instruction", at: range))
    }
    var found: [Heredoc] = []
    for opening in openings {
      guard let heredoc = scanner.readHeredoc(opening) else {
        throw DiagnosticsError(
          .error(
            "unterminated heredoc", at: range,
            why: ["no line holds `\(opening.name)` alone"],
            help: ["end the inline file with a line `\(opening.name)`"]))
      }
      found.append(heredoc.heredoc)
      range = line.file.range(range.offsets.lowerBound..<heredoc.end)
    }
    heredocs = found
    if case .trigger(var inner) = arguments {
      inner.heredocs = found
      arguments = .trigger(inner)
    }
  }
}

extension LineScanner {
  /// The lines up to the delimiter, and the offset behind the delimiter; nil when the file ends before it.
  fileprivate mutating func readHeredoc(_ opening: HeredocOpening) -> (heredoc: Heredoc, end: Int)? {
    let delimiter = Array(opening.name.utf8)
    var start: Int?
    while let (content, whole) = nextLine() {
      let begin = start ?? whole.lowerBound
      start = begin
      var line = file.bytes[content]
      if opening.stripsTabs { line = line.drop { $0 == .tab } }
      guard line.elementsEqual(delimiter) else { continue }
      let body = begin..<whole.lowerBound
      let heredoc = Heredoc(
        name: opening.name, content: Array(file.bytes[body]), expands: opening.expands,
        stripsTabs: opening.stripsTabs, fileDescriptor: opening.fileDescriptor, range: file.range(body))
      return (heredoc, content.upperBound)
    }
    return nil
  }
}

/// The offset of the first byte that is not part of valid UTF-8.
private func firstInvalidUTF8(in bytes: [UInt8]) -> Int? {
  guard String(validating: bytes, as: UTF8.self) == nil else { return nil }
  var decoder = Unicode.UTF8.ForwardParser()
  var iterator = bytes.makeIterator()
  var offset = 0
  while true {
    switch decoder.parseScalar(from: &iterator) {
    case .valid(let scalar): offset += scalar.count
    case .error: return offset
    case .emptyInput: return nil
    }
  }
}
