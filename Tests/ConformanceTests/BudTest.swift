/// One of Buildah's `build` tests as data, of which the builds can be done: `bud/tests.json`.
struct BudTest: SuiteCase, Decodable {
  struct Command: Decodable, Sendable {
    let exit: String
    let args: String
  }

  struct File: Decodable, Sendable {
    let path: String
    let content: String
  }

  private struct Catalogue: Decodable { let tests: [BudTest] }

  let title: String
  let commands: [Command]
  let needs: [String]
  let inline_files: [File]?

  var name: String { title }

  /// The commands that build.
  var builds: [Command] { commands.filter { $0.args.hasPrefix("build ") || $0.args.hasPrefix("bud ") } }

  /// The tests without special needs whose builds use only what imgset has, and how many there are besides.
  static func all() throws -> (portable: [BudTest], others: Int) {
    let tests = try ConformanceData.decode(Catalogue.self, "bud/tests.json").tests
    let portable = tests.filter { test in
      test.needs.isEmpty && !test.builds.isEmpty && test.builds.allSatisfy(test.isPortable)
        && (test.inline_files ?? []).allSatisfy {
          $0.path.hasPrefix("$contextdir/") && !$0.content.contains("$contextdir")
        }
    }
    return (portable, tests.count - portable.count)
  }
}

extension BudTest {
  /// Whether a command uses only what imgset has, and files that the data holds rather than what a script makes.
  private func isPortable(_ command: Command) -> Bool {
    guard let build = BudCommand(command.args) else { return false }
    return (build.files + build.contexts).allSatisfy { path in
      let isInline = path.hasPrefix("$contextdir")
      return isInline ? inline_files?.isEmpty == false : !path.contains("$") || path.hasPrefix("$BUDFILES/")
    }
  }
}

/// A command line of Buildah's, read as a recipe and a context.
struct BudCommand: Sendable {
  private(set) var files: [String] = []
  private(set) var contexts: [String] = []
  private(set) var tags: [String] = []
  private(set) var arguments: [String: String] = [:]
  private(set) var target: String?
  private(set) var usesCache = true

  /// Options that say where a result goes or how it is shown, and make no difference to the image; with a value or without.
  private static let idle = [
    "--layers": false, "--quiet": false, "-q": false, "--pull": false, "--pull-always": false, "--pull-never": false,
    "--compress": false, "--rm": false, "--force-rm": false, "--iidfile": true, "--format": true, "--jobs": true,
    "--metadata-file": true, "--logfile": true, "--cache-from": true,
  ]

  /// nil when the line uses something that imgset has no counterpart for, or what only a shell understands.
  init?(_ line: String) {
    guard var words = Self.words(line) else { return nil }
    words.removeFirst()
    while !words.isEmpty {
      var word = words.removeFirst()
      guard word.hasPrefix("-") else {
        contexts.append(word)
        continue
      }
      var value: String?
      if word.hasPrefix("--"), let equals = word.firstIndex(of: "=") {
        value = String(word[word.index(after: equals)...])
        word = String(word[..<equals])
      }
      guard read(word, value, &words) else { return nil }
    }
    guard contexts.count <= 1, files.count <= 1, !(contexts.isEmpty && files.isEmpty) else { return nil }
  }

  private mutating func read(_ option: String, _ given: String?, _ words: inout [String]) -> Bool {
    if let takesValue = Self.idle[option] {
      if takesValue, given == nil { _ = words.isEmpty ? nil : words.removeFirst() }
      return true
    }
    if option == "--no-cache" {
      usesCache = given == "false"
      return true
    }
    guard let value = given ?? (words.isEmpty ? nil : words.removeFirst()) else { return false }
    switch option {
    case "-f", "--file": files.append(value)
    case "-t", "--tag": tags.append(value)
    case "--target": target = value
    case "--build-arg":
      guard let equals = value.firstIndex(of: "=") else { return false }
      arguments[String(value[..<equals])] = String(value[value.index(after: equals)...])
    default: return false
    }
    return true
  }

  /// The words of a line with quotes; nil when a shell would do more than that.
  private static func words(_ line: String) -> [String]? {
    var words: [String] = []
    var word: String?
    var quote: Character?
    for character in line {
      switch character {
      case let character where quote == nil && "<>|;`(*&".contains(character): return nil
      case quote: quote = nil
      case let character where quote == nil && "\"'".contains(character):
        quote = character
        word = word ?? ""
      case let character where quote == nil && character == " ":
        if let word { words.append(word) }
        word = nil
      default: word = (word ?? "") + String(character)
      }
    }
    if let word { words.append(word) }
    return quote == nil && !words.isEmpty ? words : nil
  }
}
