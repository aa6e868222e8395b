import Diagnostics
import Dockerfile
import Foundation

/// Access to the files under `Fixtures`.
enum Fixture {
  static let root = Bundle.module.bundleURL.appending(path: "Fixtures")

  static func bytes(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: root.appending(path: path)))
  }

  static func text(_ path: String) throws -> String { String(decoding: try bytes(path), as: UTF8.self) }

  static func lines(_ path: String) throws -> [String] {
    try text(path).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  static func decode<Value: Decodable>(_ type: Value.Type, _ path: String) throws -> Value {
    try JSONDecoder().decode(type, from: Data(try bytes(path)))
  }

  /// The names of the folders in a folder, sorted.
  static func folders(_ path: String) -> [String] {
    let names = try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: path).path)
    return (names ?? []).sorted()
  }
}

extension SourceFile {
  convenience init(_ text: String, name: String = "Dockerfile") { self.init(name: name, bytes: Array(text.utf8)) }
}

/// The graph of a Dockerfile given as text.
func graph(_ text: String) throws -> StageGraph { try StageGraph(parsing: SourceFile(text)) }

/// The messages of everything that is refused in a Dockerfile, empty when nothing is.
func refusals(_ text: String) -> [String] {
  do {
    _ = try graph(text)
    return []
  } catch let error as DiagnosticsError {
    return error.diagnostics.filter { $0.severity == .error }.map(\.what)
  } catch {
    return ["\(error)"]
  }
}

/// The only or first instruction behind `FROM scratch`.
func instruction(_ text: String) throws -> Instruction.Kind {
  let stage = try graph("FROM scratch\n" + text).stages[0]
  guard let first = stage.instructions.first else { throw Missing() }
  return first.kind
}

/// A test expected something that is not there.
struct Missing: Error {}
