import Foundation

/// A build that Buildah's project compares with `docker build`: `conformance/cases/NAME`.
struct BuildahCase: SuiteCase {
  /// `case.json`.
  struct Input: Decodable, Sendable {
    let dockerfile: String
    let context: String
    let build_args: [String: String]
    let should_fail: Bool
    let fail_line: Int?
    let failure_regex: String?
    let tweak: [ContextStep]
  }

  /// What is to be at a path; absent members are not compared.
  struct Expectation: Decodable, Sendable {
    var type: String?
    var mode: String?
    var uid: UInt32?
    var gid: UInt32?
    var mtime: Int64?
    var size: Int64?
    var sha256: String?
    var target: String?
    var xattrs: [String: String]?
    /// Of cases whose expectation was derived from the reference: the text, or the target of a link.
    var content: String?
    var symlink: String?
  }

  /// `expected.json`.
  struct Output: Decodable, Sendable {
    struct Changes: Decodable, Sendable {
      let changed: [String: Expectation]
      let removed: [String]
    }

    let outcome: String
    let final_base: String?
    let ignore: [String]
    let fs: Changes?
    let files: [String: Expectation]?
    let files_complete: Bool?
    let config: [String: JSONValue]?
  }

  let name: String
  let input: Input
  let expected: Output
  /// Symbolic links of the context, by path.
  let links: [String: String]

  init(_ name: String) throws {
    self.name = name
    input = try ConformanceData.decode(Input.self, "conformance/cases/\(name)/case.json")
    links = try Self.links.get()[name] ?? [:]
    expected = try ConformanceData.decode(Output.self, "conformance/cases/\(name)/expected.json")
  }

  /// The links of all contexts; copies of the cases have lost them.
  private static let links = Result {
    try JSONDecoder().decode(
      [String: [String: String]].self,
      from: Data(contentsOf: ConformanceData.fixtures.appending(path: "conformance/links.json")))
  }

  static func all() throws -> [BuildahCase] { try ConformanceData.names(in: "conformance/cases").map(BuildahCase.init) }

  /// Whether something must not be compared: `PATH#FIELD`, or `#PATH` for the time of a file.
  func ignores(_ path: String, _ field: String) -> Bool {
    expected.ignore.contains("\(path)#\(field)") || expected.ignore.contains("\(path)#*")
      || (field == "mtime" && expected.ignore.contains("#\(path)"))
  }
}
