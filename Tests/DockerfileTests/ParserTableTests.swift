import Diagnostics
import Testing

@testable import Dockerfile

@Suite("parser: reference tables")
struct ParserTableTests {
  let tables: ParserTables

  init() throws { tables = try ParserTables.load() }

  @Test("exec form")
  func jsonArrays() throws {
    for row in tables.json_arrays.valid {
      guard case .cmd(.exec(let words)) = try instruction("CMD " + row.input) else {
        Issue.record("not the exec form: \(row.input)")
        continue
      }
      #expect(words.map(\.text) == row.expect)
    }
    for input in tables.json_arrays.invalid {
      let tree = SyntaxTree(parsing: SourceFile("CMD " + input))
      #expect(tree.instructions.allSatisfy { if case .json = $0.arguments { false } else { true } }, "\(input)")
      #expect(tree.instructions.count + tree.diagnostics.count == 1, "\(input)")
    }
  }

  @Test("words with quotes")
  func words() {
    for row in tables.parse_words.cases {
      let tree = SyntaxTree(parsing: SourceFile("ARG " + row.input))
      #expect(tree.instructions.first?.arguments.words == row.expect)
    }
  }

  @Test("names and values")
  func pairs() {
    for row in tables.name_val {
      let tree = SyntaxTree(parsing: SourceFile("LABEL " + row.input))
      guard case .pairs(let pairs, let isOldForm)? = tree.instructions.first?.arguments else {
        Issue.record("no pairs: \(row.input)")
        continue
      }
      #expect(pairs.flatMap { [$0.name.text, $0.value.text, isOldForm ? "" : "="] } == row.expect)
    }
  }

  @Test("directives")
  func directives() {
    for row in tables.directives.cases {
      let file = SourceFile(row.input)
      if row.fn == "all" {
        var diagnostics: [Diagnostic] = []
        let found = ParserDirectives.parse(file, reporting: &diagnostics)
        #expect(diagnostics == [])
        let escape = String(decoding: [found.escape], as: UTF8.self)
        #expect([["escape", escape]] == row.expect)
        #expect(found.syntax == nil && found.check == nil)
      } else {
        let value = ParserDirectives.detect(row.fn, in: file)
        #expect(value?.reference == row.ref, "\(row.input)")
        if let cmdline = row.cmdline { #expect(value?.text == cmdline) }
        if let line = row.line { #expect(value?.range.start.line == line) }
      }
    }
  }

  @Test("heredoc words")
  func heredocWords() throws {
    for word in tables.heredoc_word.valid_name_EOF {
      #expect((try? HeredocOpening(word: word.utf8))?.name == "EOF", "\(word)")
    }
    for word in tables.heredoc_word.invalid {
      #expect(throws: ExpansionError.self, "\(word)") { try HeredocOpening(word: word.utf8) }
    }
    for word in tables.heredoc_word.not_heredoc {
      #expect(try HeredocOpening(word: word.utf8) == nil, "\(word)")
    }
  }

  @Test("heredocs of a line")
  func heredocsOfLine() {
    for row in tables.heredocs_from_line {
      #expect(HeredocOpening.all(in: Array(row.line.utf8)).map(\.name) == row.names, "\(row.line)")
    }
  }

  @Test("leading tabs of a heredoc")
  func chomp() throws {
    let row = tables.heredoc_chomp
    guard case .run(let run) = try instruction("RUN <<-EOF\n\(row.input)\tEOF\n") else { throw Missing() }
    #expect(run.heredocs.map(\.body) == [Array(row.expect.utf8)])
  }

  @Test("refused instructions")
  func errors() {
    for row in tables.instruction_errors.cases {
      let found = refusals("FROM scratch\n" + row.dockerfile)
      #expect(found.map { $0.lowercased() } == [row.error.lowercased()], "\(row.name)")
    }
  }

  @Test("any instruction with any arguments is read or refused")
  func noCrash() {
    for keyword in tables.no_crash.keywords {
      for suffix in tables.no_crash.suffixes {
        let text = "FROM busybox\n" + keyword + suffix
        let tree = SyntaxTree(parsing: SourceFile(text))
        #expect(tree.instructions.count + tree.diagnostics.count == 2, "\(text)")
      }
    }
  }

  @Test("health checks")
  func healthchecks() throws {
    for row in tables.healthcheck.cases {
      let stage = try graph(row.dockerfile).stages[0]
      guard case .healthcheck(let check)? = stage.instructions.first?.kind else { throw Missing() }
      #expect(ConfigCommand.test(of: check.check) == row.test)
    }
    for row in tables.healthcheck.interval {
      let found = refusals("FROM scratch\nHEALTHCHECK --interval=\(row.value) CMD true")
      #expect(found.isEmpty == row.ok, "\(row.value)")
    }
  }

  @Test("inline files of COPY")
  func copyHeredocs() throws {
    for row in tables.copy_heredoc {
      guard case .copy(let copy) = try instruction(row.dockerfile) else { throw Missing() }
      #expect(copy.transfer.destination.text == row.dest)
      var paths: [String] = []
      var contents: [ParserTables.CopyHeredoc.Content] = []
      for source in copy.transfer.sources {
        switch source {
        case .path(let word): paths.append(word.text)
        case .heredoc(let heredoc):
          let data = String(decoding: heredoc.body, as: UTF8.self)
          contents.append(.init(path: heredoc.name, data: data, expand: heredoc.expands))
        }
      }
      #expect(paths == row.source_paths)
      #expect(contents == row.source_contents)
    }
    for row in tables.copy_heredoc_error {
      #expect(refusals("FROM scratch\n" + row.dockerfile) == [row.error])
    }
  }

  @Test("inline files of RUN")
  func runHeredocs() throws {
    for row in tables.run_heredoc {
      guard case .run(let run) = try instruction(row.dockerfile) else { throw Missing() }
      switch run.command {
      case .shell(let word): #expect(row.shell && [word.text] == row.command)
      case .exec(let words): #expect(!row.shell && words.map(\.text) == row.command)
      }
      let files = run.heredocs.map {
        ParserTables.RunHeredoc.File(
          name: $0.name, data: String(decoding: $0.content, as: UTF8.self), chomp: $0.stripsTabs)
      }
      #expect(files == row.files)
    }
  }

  @Test("flags")
  func flags() {
    for row in tables.flags.cases {
      let file = SourceFile(row.args.joined(separator: " "))
      let words = row.args.map { Word($0, range: file.range(0..<file.bytes.count)) }
      let reader = FlagReader(words, of: .run, known: ["str1": .text, "bool1": .switching])
      #expect(reader.diagnostics.isEmpty == row.ok, "\(row.args)")
      if let text = row.str1 { #expect(reader.text("str1")?.text == text) }
      if let isOn = row.bool1 { #expect(reader.isOn("bool1") == isOn) }
    }
  }

  @Test("lines of errors")
  func errorLines() throws {
    for row in tables.error_lines.cases {
      let range: SourceRange?
      do {
        let found = try graph(row.dockerfile)
        // Only a build can find these out; it will name the lines of the instruction.
        let first = found.stages[0].instructions.first { [.run, .copy].contains($0.keyword) }
        range = first?.range
      } catch {
        range = (error as? DiagnosticsError)?.diagnostics.first?.range
      }
      #expect(range.map { Array($0.lines) } == row.lines, "\(row.name)")
    }
  }

  @Test("stages")
  func convert() throws {
    for row in tables.convert.cases {
      do {
        _ = try graph(row.dockerfile).resolve(BuildArguments(), target: row.target)
        #expect(row.ok, "\(row.dockerfile)")
      } catch let error as DiagnosticsError {
        #expect(!row.ok, "\(row.dockerfile): \(error)")
        if let text = row.error { #expect(error.diagnostics.map(\.what) == [text]) }
      }
    }
  }

  @Test("long lines are read or refused, never cut")
  func maxLine() throws {
    let value = String(repeating: "x", count: tables.max_line.label_bytes)
    guard case .label(let label) = try instruction("LABEL a=\(value)") else { throw Missing() }
    #expect(label.pairs.map(\.value.text) == [value])
    let tooLong = String(repeating: "x", count: ParserLimits.instructionBytes)
    #expect(refusals("FROM scratch\nLABEL a=\(tooLong)") == ["instruction is longer than 1048576 bytes"])
  }
}

extension InstructionSyntax.Arguments {
  var words: [String] { if case .words(let words) = self { words.map(\.text) } else { [] } }
}
