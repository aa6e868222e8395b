import Foundation

/// The cases that were taken over from other builders; `Fixtures/README.md` tells which and from where.
///
/// `IMGSET_CONFORMANCE` names a directory with more of them in the same form.
enum ConformanceData {
  /// The directory that holds `conformance`, `buildkit`, `bud` and `attacks`.
  static let root: URL = {
    if let given = ProcessInfo.processInfo.environment["IMGSET_CONFORMANCE"], !given.isEmpty {
      return URL(filePath: given, directoryHint: .isDirectory)
    }
    return fixtures
  }()

  /// The cases that come with the tests.
  static let fixtures = Bundle.module.bundleURL.appending(path: "Fixtures")

  /// The names in a folder, sorted.
  ///
  /// - Throws: when there is no such folder, so that a wrong path does not look like a suite without cases.
  static func names(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path).sorted()
  }

  static func decode<Value: Decodable>(_ type: Value.Type, _ path: String) throws -> Value {
    try JSONDecoder().decode(type, from: try Data(contentsOf: root.appending(path: path)))
  }

  static func path(_ path: String) -> String { root.appending(path: path).path }
}

/// A value of a JSON document whose form differs from case to case.
enum JSONValue: Hashable, Sendable, Decodable {
  case null
  case bool(Bool)
  case number(Double)
  case text(String)
  case list([JSONValue])
  case object([String: JSONValue])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .list(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  /// Whether it says no more than being absent does.
  var isEmpty: Bool {
    switch self {
    case .null, .text(""), .list([]), .object([:]): true
    default: false
    }
  }
}
