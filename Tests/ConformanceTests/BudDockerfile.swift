import Linux
import SystemPackage

/// A Dockerfile of Buildah's `build` tests: `bud/corpus.json`.
struct BudDockerfile: SuiteCase, Decodable {
  struct Use: Decodable, Sendable {
    let title: String
    let exit: String
  }

  private struct Corpus: Decodable { let dockerfiles: [BudDockerfile] }

  let file: String
  let context: String
  let network: Bool
  let referenced_by: [Use]

  var name: String { file }

  static func all() throws -> [BudDockerfile] {
    try ConformanceData.decode(Corpus.self, "bud/corpus.json").dockerfiles
  }

  /// The names that only these tests take for one of the stand-ins.
  static let images = ["ubuntu": "alpine"]

  /// Builds the Dockerfile as it is: it is built, or refused in words that help.
  func differences() async throws -> [String] {
    try await withBench(images: Self.images) { bench in
      let context = try Directory(at: FilePath(ConformanceData.path("bud/contexts/\(context)")))
      let below = file.dropFirst(self.context.utf8.count + 1)
      var order = BuildBench.Order(dockerfile: try context.bytes(of: String(below)) ?? [])
      order.ignoreFiles = try context.ignoreFiles(dockerfile: String(below))
      do {
        _ = try await bench.build(order, context: context)
        return []
      } catch let failure as BuildFailure {
        return failure.unclear
      }
    }
  }
}

extension BuildFailure {
  /// What is missing from an explanation.
  var unclear: [String] {
    if !isExplained { return ["fails without an explanation: \(self)"] }
    if line == nil { return ["fails without a line: \(self)"] }
    return messages.allSatisfy(\.isEmpty) ? ["fails without words"] : []
  }
}
