import FoundationEssentials
import Glibc

/// The part of `swift package dump-package` that the rules need.
struct PackageDescription: Decodable {
  struct Target: Decodable {
    let name: String
    let type: String
    let dependencies: [Dependency]

    var isTest: Bool { type == "test" }
    /// Names of the targets of this package that it may import.
    var targetNames: [String] { dependencies.compactMap(\.name) }
  }

  /// `{"byName": ["OCI", null]}`, `{"target": […]}` or `{"product": […]}`; the last is another package's.
  struct Dependency: Decodable {
    let name: String?

    private enum Key: String, CodingKey {
      case byName, target
    }

    init(name: String) { self.name = name }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Key.self)
      let key: Key? = container.contains(.byName) ? .byName : container.contains(.target) ? .target : nil
      name = try key.map { try container.decode([Condition].self, forKey: $0).first?.text ?? nil } ?? nil
    }

    /// A name, or the condition behind it, which does not matter here.
    private struct Condition: Decodable {
      let text: String?

      init(from decoder: any Decoder) throws { text = try? decoder.singleValueContainer().decode(String.self) }
    }
  }

  let targets: [Target]

  /// Directory of the package that this test belongs to.
  static let root = String(
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/"))

  /// Asks SwiftPM for the description of the package at `root`.
  ///
  /// A scratch directory of its own, since `swift test` may hold the lock of the usual one.
  static func load() throws -> PackageDescription {
    var template = Array("/tmp/imgset-package-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Failure("cannot make a temporary directory: errno \(errno)") }
    let scratch = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { _ = try? run(["rm", "-rf", scratch], output: "/dev/null") }
    let output = scratch + "/description.json"
    let arguments = ["swift", "package", "--package-path", root, "--scratch-path", scratch, "dump-package"]
    guard try run(arguments, output: output) == 0 else { throw Failure("`swift package dump-package` failed") }
    return try JSONDecoder().decode(PackageDescription.self, from: Data(contentsOf: URL(filePath: output)))
  }

  struct Failure: Error {
    let what: String

    init(_ what: String) { self.what = what }
  }

  /// Runs a program from `PATH` with its output in a file, and returns its exit status.
  private static func run(_ arguments: [String], output: String) throws -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    let strings = arguments.map { strdup($0) }
    defer { for string in strings { free(string) } }
    var child = pid_t()
    guard posix_spawnp(&child, arguments[0], &actions, nil, strings + [nil], environ) == 0 else {
      throw Failure("cannot run `\(arguments[0])`")
    }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 {
      guard errno == EINTR else { throw Failure("cannot wait for `\(arguments[0])`") }
    }
    return status
  }
}

extension PackageDescription {
  /// Reads one target from JSON text.
  static func decode(_ text: String) throws -> Target {
    try JSONDecoder().decode(Target.self, from: Data(text.utf8))
  }
}
