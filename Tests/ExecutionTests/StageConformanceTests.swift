import Content
import Diagnostics
import FoundationEssentials
import Layers
import Linux
import OCI
import SystemPackage
import Testing

@testable import Execution

/// Builds that others compared with Docker; see `Fixtures/README.md`.
@Suite("conformance of builds from scratch")
struct StageConformanceTests {
  /// The time of everything in a context, and the source date epoch of the builds.
  static let epoch: Int64 = 1_485_449_953

  static let cases: [ConformanceCase] = ConformanceCase.all()

  /// Cases in which imgset differs on purpose, with exactly the differences that it has.
  static let differences: [String: [String]] = [
    // Flags that are refused so far.
    "072-add-exclude-includes-star": ["failed: ADD --exclude is not supported yet"],
    "074-add-exclude-includes-dot": ["failed: ADD --exclude is not supported yet"],
    "078-copy-exclude-subdir-under-source": ["failed: COPY --exclude is not supported yet"],
    "079-copy-form-and-exclude-subdir-under-source": ["failed: COPY --exclude is not supported yet"],
    "080-copy-exclude-exception-under-source": ["failed: COPY --exclude is not supported yet"],
    "082-copy-parents-directories": ["failed: COPY --parents is not supported yet"],
    "086-copy-parents-path-with-star": ["failed: COPY --parents is not supported yet"],
    "088-copy-parents-unknown-count-parent-directories": ["failed: COPY --parents is not supported yet"],
    "089-copy-parents-directory-limit-parents-unknown-count-parent-directories": [
      "failed: COPY --parents is not supported yet"
    ],
    "090-copy-parents-limit-parents-unknown-count-parent-directories": ["failed: COPY --parents is not supported yet"],
    "092-copy-parents-limit-parent-directories-1": ["failed: COPY --parents is not supported yet"],
    // Extended attributes of a context are left out, as they are in git.
    "045-xattrs-file-in-context": ["subdir1/xattrs-file xattrs [:]", "subdir2/xattrs-file xattrs [:]"],
    "050-xattrs-file-in-other-stage": ["xattrs-file xattrs [:]"],
    // A link to a directory is followed, as in a whole path: /lib of a merged /usr survives a copy of a tree with lib/.
    "160-replace-symlink-with-directory": [
      "directory/file-in-maybe-directory is there", "maybe-directory type symlink", "maybe-directory mode 0777",
      "maybe-directory/file-in-maybe-directory is missing",
    ],
    "163-replace-directory-with-symlink-subdir": [
      "tree/directory/file-in-maybe-directory is there", "tree/maybe-directory type symlink",
      "tree/maybe-directory mode 0777", "tree/maybe-directory/file-in-maybe-directory is missing",
    ],
    // Buildah makes a directory of the name of a pax global header, Docker and imgset do not.
    "154-tar-g": ["tmp is missing"],
  ]

  @Test("whole builds", arguments: cases)
  func build(conformanceCase: ConformanceCase) async throws {
    let found = try await withWorkbench { try await conformanceCase.differences(on: $0) }
    #expect(found == Self.differences[conformanceCase.name, default: []])
  }

  @Test("there are cases") func count() { #expect(Self.cases.count >= 50) }
}

/// One document of the fixtures.
struct ConformanceCase: Decodable, Sendable, CustomTestStringConvertible {
  struct Item: Decodable, Sendable {
    var path: String
    var mode: String?
    var content: String?
    var base64: String?
    var link: String?
    var directory: Bool?
  }

  struct Tweak: Decodable, Sendable {
    var op: String
    var path: String
    var mode: String?
    var content: String?
    var unix: Int64?
    var xattrs: [String: String]?
    var entries: [Member]?
  }

  /// A member of an archive that the set-up makes.
  struct Member: Decodable, Sendable {
    var name: String
    var type: String
    var mode: String
    var uid: UInt32
    var gid: UInt32
    var mtime: Int64
    var content: String?
  }

  /// What is expected at a path; absent members are not compared.
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
  }

  var name: String
  var dockerfile: String
  var context: [Item]
  var arguments: [String: String]?
  var tweak: [Tweak]
  var outcome: String
  var failLine: Int?
  var ignore: [String]
  var changed: [String: Expectation]?
  var files: [String: Expectation]?
  var isComplete: Bool?
  var environment: [String]?

  var testDescription: String { name }

  static func all() -> [ConformanceCase] {
    Fixture.names(in: "conformance").compactMap { try? Fixture.decode(Self.self, "conformance/\($0)") }
  }

  /// Text of a file of the context; nil when there is none.
  func text(_ path: String) -> String? {
    tweak.last { $0.path == path && $0.op == "write" }?.content ?? context.first { $0.path == path }?.content
  }
}
