import FoundationEssentials
import Testing

/// A JSON file beside the tests.
func fixture<T: Decodable>(_ name: String, as type: T.Type) throws -> T {
  let directory = #filePath.split(separator: "/").dropLast().joined(separator: "/")
  let data = try Data(contentsOf: URL(filePath: "/\(directory)/Fixtures/\(name)"))
  return try JSONDecoder().decode(type, from: data)
}
