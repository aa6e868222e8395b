/// The parts of `parser/tables.json` that the tests use, named as there.
struct ParserTables: Decodable {
  struct File: Decodable { var tables: ParserTables }
  struct Valid: Decodable {
    var input: String
    var expect: [String]
  }
  struct JSONArrays: Decodable {
    var valid: [Valid]
    var invalid: [String]
  }
  struct Words: Decodable { var cases: [Valid] }
  struct LineNumbers: Decodable {
    var file: String
    var children: [[Int]]
  }
  struct MaxLine: Decodable { var label_bytes: Int }
  struct NameValue: Decodable {
    var input: String
    var cmd: String?
    var line: String?
    var expect: [String]
  }
  struct Directive: Decodable {
    var fn: String
    var input: String
    var expect: [[String]]?
    var ref: String?
    var cmdline: String?
    var line: Int?
  }
  struct Directives: Decodable { var cases: [Directive] }
  struct HeredocWord: Decodable {
    var valid_name_EOF: [String]
    var invalid: [String]
    var not_heredoc: [String]
  }
  struct HeredocLine: Decodable {
    var line: String
    var names: [String]
  }
  struct Chomp: Decodable {
    var input: String
    var expect: String
  }
  struct InstructionError: Decodable {
    var name: String
    var dockerfile: String
    var error: String
  }
  struct InstructionErrors: Decodable { var cases: [InstructionError] }
  struct NoCrash: Decodable {
    var keywords: [String]
    var suffixes: [String]
  }
  struct Healthcheck: Decodable {
    struct Case: Decodable {
      var dockerfile: String
      var test: [String]
    }
    struct Interval: Decodable {
      var value: String
      var ok: Bool
    }
    var cases: [Case]
    var interval: [Interval]
  }
  struct CopyHeredoc: Decodable {
    struct Content: Decodable, Equatable {
      var path: String
      var data: String
      var expand: Bool
    }
    var dockerfile: String
    var dest: String
    var source_paths: [String]
    var source_contents: [Content]
  }
  struct RunHeredoc: Decodable {
    struct File: Decodable, Equatable {
      var name: String
      var data: String
      var chomp: Bool
    }
    var dockerfile: String
    var shell: Bool
    var command: [String]
    var files: [File]
  }
  struct CopyHeredocError: Decodable {
    var dockerfile: String
    var error: String
  }
  struct Flags: Decodable {
    struct Case: Decodable {
      var args: [String]
      var ok: Bool
      var str1: String?
      var bool1: Bool?
    }
    var cases: [Case]
  }
  struct ErrorLines: Decodable {
    struct Case: Decodable {
      var name: String
      var dockerfile: String
      var lines: [Int]
    }
    var cases: [Case]
  }
  struct Convert: Decodable {
    struct Case: Decodable {
      var dockerfile: String
      var target: String?
      var ok: Bool
      var error: String?
    }
    var cases: [Case]
  }

  var json_arrays: JSONArrays
  var parse_words: Words
  var line_numbers: LineNumbers
  var max_line: MaxLine
  var name_val: [NameValue]
  var directives: Directives
  var heredoc_word: HeredocWord
  var heredocs_from_line: [HeredocLine]
  var heredoc_chomp: Chomp
  var instruction_errors: InstructionErrors
  var no_crash: NoCrash
  var healthcheck: Healthcheck
  var copy_heredoc: [CopyHeredoc]
  var run_heredoc: [RunHeredoc]
  var copy_heredoc_error: [CopyHeredocError]
  var flags: Flags
  var error_lines: ErrorLines
  var convert: Convert

  static func load() throws -> ParserTables { try Fixture.decode(File.self, "parser/tables.json").tables }
}
