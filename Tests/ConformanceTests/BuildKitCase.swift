import Linux
import OCI
import Planning
import SystemPackage

@testable import Engine
@testable import Execution

/// A series of builds that BuildKit's project checks itself with: `buildkit/cases/NAME.json`.
struct BuildKitCase: SuiteCase, Decodable {
  struct FileCheck: Decodable, Sendable {
    let path: String
    let equals: String?
    let contains: String?
    let trim: Bool?
  }

  struct Build: Decodable, Sendable {
    let build_args: [String: String]
    let expect: String
    let error_contains: [String]?
    let files: [FileCheck]
    let exists: [String]
    let absent: [String]
    let context: [ContextStep]
    let dockerfile_dir: [ContextStep]?
    let options: [String: String]?
  }

  let id: String
  let complete: Bool
  let builds: [Build]

  var name: String { id }

  static func all() throws -> [BuildKitCase] {
    try ConformanceData.names(in: "buildkit/cases").filter { $0.hasSuffix(".json") }
      .map { try ConformanceData.decode(BuildKitCase.self, "buildkit/cases/\($0)") }
  }

  /// Runs the builds in order on one store and says what is not as expected.
  func differences() async throws -> [String] {
    try await withBench { bench in
      var found: [String] = []
      for (number, build) in builds.enumerated() {
        let prefix = builds.count > 1 ? "build \(number + 1): " : ""
        found += try await build.differences(on: bench, number: number).map { prefix + $0 }
      }
      return found
    }
  }
}

extension BuildKitCase.Build {
  /// An option of a case that imgset has no counterpart for.
  struct UnknownOption: Error, CustomStringConvertible {
    let name: String
    var description: String { "there is no option `\(name)`" }
  }

  /// A message that has to be there means a failure, whatever is said otherwise.
  private var mustFail: Bool { expect == "error" || error_contains?.isEmpty == false }

  func differences(on bench: BuildBench, number: Int) async throws -> [String] {
    let context = try bench.directory.ensureDirectory("context-\(number)")
    for step in self.context { try step.apply(to: context) }
    var recipes = context
    if let steps = dockerfile_dir {
      recipes = try bench.directory.ensureDirectory("dockerfile-\(number)")
      for step in steps { try step.apply(to: recipes) }
    }
    let result: BuildResult
    do {
      result = try await bench.build(try order(recipes, context), context: context)
    } catch let failure as BuildFailure {
      guard mustFail else { return ["failed: \(failure) \(failure.output.suffix(300))"] }
      return ErrorTexts.differences(failure, upstream: error_contains ?? [])
    }
    if mustFail { return ["built, but should have failed with \(error_contains ?? [])"] }
    return try checks(result)
  }

  private func order(_ recipes: Directory, _ context: Directory) throws -> BuildBench.Order {
    let name = options?["filename"] ?? "Dockerfile"
    guard let dockerfile = try recipes.bytes(of: name) else { throw UnknownOption(name: "filename") }
    var order = BuildBench.Order(dockerfile: dockerfile)
    order.ignoreFiles = try context.ignoreFiles(dockerfile: name)
    order.ignoreFiles.merge(try recipes.ignoreFiles(dockerfile: name)) { $1 }
    order.arguments = build_args
    for (key, value) in options ?? [:] {
      switch key {
      case "filename": break
      // What is said about a build is no part of the image.
      case let key where key.hasPrefix("attest:"): break
      case "no-cache": order.usesCache = false
      case "target": order.target = value
      case "shm-size": order.grants.limits.sharedMemory = RunLimits.bytes(value)
      case "ulimit": order.grants.limits.resources = [ResourceLimit(value)].compactMap(\.self)
      case let key where key.hasPrefix("context:"):
        let name = String(key.dropFirst("context:".utf8.count))
        order.contexts[name] = try NamedContext(parsing: value, name: name, from: "/")
      case "platform":
        guard let platform = value.split(separator: ",").lazy.compactMap({ Platform(parsing: $0) }).first else {
          throw UnknownOption(name: "platform=\(value)")
        }
        order.platform = platform.normalised
      default: throw UnknownOption(name: key)
      }
    }
    return order
  }

  private func checks(_ result: BuildResult) throws -> [String] {
    var found: [String] = []
    for check in files {
      guard let bytes = try result.bytes(of: check.path) else {
        found.append("\(check.path) is no file")
        continue
      }
      var text = String(decoding: bytes, as: UTF8.self)
      if check.trim == true { text = text.trimmed }
      if let wanted = check.equals, text != (check.trim == true ? wanted.trimmed : wanted) {
        found.append("\(check.path) is \(text.debugDescription), not \(wanted.debugDescription)")
      }
      if let wanted = check.contains, !text.contains(wanted) {
        found.append("\(check.path) is \(text.debugDescription), without \(wanted.debugDescription)")
      }
    }
    for path in exists where try result.entry(path) == nil { found.append("\(path) is missing") }
    for path in absent where try result.entry(path) != nil { found.append("\(path) is there") }
    return found
  }
}

extension String {
  /// Without white space at both ends.
  var trimmed: String {
    let inner = drop(while: \.isWhitespace)
    return String(inner.reversed().drop(while: \.isWhitespace).reversed())
  }
}
