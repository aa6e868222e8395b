import Content
import Diagnostics
import Foundation
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

  static let cases: [ConformanceCase] = (try? ConformanceCase.all()) ?? []

  /// Cases in which imgset differs on purpose, with exactly the differences that it has.
  static let differences: [String: [String]] = [
    // Buildah makes a directory of the name of a pax global header, Docker and imgset do not.
    "154-tar-g": ["tmp is missing"]
  ]

  @Test("whole builds", arguments: cases)
  func build(conformanceCase: ConformanceCase) async throws {
    let found = try await withWorkbench { try await conformanceCase.differences(on: $0) }
    #expect(found == Self.differences[conformanceCase.name, default: []])
  }

  @Test("there are cases, and all of them can be read")
  func count() throws { #expect(try ConformanceCase.all().count >= 50) }
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

  /// The cases of a checkout of the whole suite where the environment names one, else those of the fixtures.
  static func all() throws -> [ConformanceCase] {
    if let root = ProcessInfo.processInfo.environment["IMGSET_CONFORMANCE"] {
      return try ConformanceSuite(root: root).cases
    }
    return try Fixture.names(in: "conformance").map { try Fixture.decode(Self.self, "conformance/\($0)") }
  }

  /// Text of a file of the context; nil when there is none.
  func text(_ path: String) -> String? {
    if let written = tweak.last(where: { $0.path == path && $0.op == "write" }) { return written.content }
    return context.first { $0.path == path }.map { String(decoding: $0.bytes, as: UTF8.self) }
  }
}
