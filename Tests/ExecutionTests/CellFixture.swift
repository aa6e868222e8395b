import Foundation

/// Access to the files under `Fixtures`.
enum Fixture {
  static let root = Bundle.module.bundleURL.appending(path: "Fixtures")

  static func decode<Value: Decodable>(_ type: Value.Type, _ path: String) throws -> Value {
    try JSONDecoder().decode(type, from: try Data(contentsOf: root.appending(path: path)))
  }

  /// The names in a folder, sorted.
  static func names(in folder: String) -> [String] {
    let names = try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path)
    return (names ?? []).sorted()
  }
}
