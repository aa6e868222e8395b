import Foundation
import Linux
import OCI
import SystemPackage

extension BuildahCase {
  /// The time of everything in a context, and the source date epoch.
  static let epoch: Int64 = 1_485_449_953

  /// Builds the case and says where the result is not the expected one.
  func differences() async throws -> [String] {
    try await withBench { bench in
      let context = try prepare(bench.directory)
      let result: BuildResult
      do {
        result = try await bench.build(order(context), context: context)
      } catch let failure as BuildFailure {
        return differences(from: failure)
      }
      if expected.outcome == "error" { return ["built, but should have failed"] }
      let base = try await expected.final_base.flatMap { $0 == "scratch" ? nil : $0 }
        .asyncMap { try await bench.tree(of: $0) }
      return try TreeComparison(test: self, result: result, base: base).differences() + configDifferences(result)
    }
  }

  private func prepare(_ directory: Directory) throws -> Directory {
    try directory.copyTree(from: ConformanceData.path("conformance/cases/\(name)/\(input.context)"), to: "context")
    let context = try directory.directory("context")
    for (path, target) in links { try context.replaceWithLink(path, to: target) }
    for step in input.tweak { try step.apply(to: context) }
    return context
  }

  private func order(_ context: Directory) throws -> BuildBench.Order {
    var order = BuildBench.Order(dockerfile: try context.bytes(of: input.dockerfile) ?? [])
    order.ignoreFiles = try context.ignoreFiles(dockerfile: input.dockerfile)
    order.arguments = input.build_args
    order.epoch = Self.epoch
    order.usesCache = false
    return order
  }

  private func differences(from failure: BuildFailure) -> [String] {
    guard expected.outcome == "error" else { return ["failed: \(failure) \(failure.output.suffix(200))"] }
    var found = ErrorTexts.differences(failure, upstream: input.failure_regex.map { [$0] } ?? [])
    if let line = input.fail_line, line != failure.line {
      found.append("failed in line \(failure.line ?? 0): \(failure)")
    }
    return found
  }

  private func configDifferences(_ result: BuildResult) throws -> [String] {
    guard let wanted = expected.config else { return [] }
    let data = Data(try CanonicalJSON.encode(result.image.process))
    let actual = try JSONDecoder().decode([String: JSONValue].self, from: data)
    return Set(wanted.keys).union(actual.keys).sorted().compactMap { key in
      if expected.ignore.contains(where: { $0.hasPrefix("config.\(key)") }) { return nil }
      // What only Docker's format has was not recorded.
      if wanted[key] == nil, ["Shell", "OnBuild", "Healthcheck", "ArgsEscaped"].contains(key) { return nil }
      let (left, right) = (wanted[key] ?? .null, actual[key] ?? .null)
      return left == right || (left.isEmpty && right.isEmpty) ? nil : "\(key) is \(right), not \(left)"
    }
  }
}

extension Directory {
  /// Puts a symbolic link where a copy has what it leads to, or nothing.
  func replaceWithLink(_ path: String, to target: String) throws {
    var parts = path.split(separator: "/").map(String.init)
    let name = parts.removeLast()
    let parent = try parts.reduce(self) { try $0.ensureDirectory($1) }
    switch try parent.status(of: name)?.kind {
    case nil: break
    case .directory: try parent.removeTree(name)
    default: try parent.removeFile(name)
    }
    try parent.makeSymbolicLink(name, to: target)
  }

  /// The bytes of a regular file, whatever its permissions; nil when there is none.
  func bytes(of path: String) throws -> [UInt8]? {
    guard try status(of: path, followLast: true)?.kind == .file else { return nil }
    let file = try file(path, followLast: true)
    defer { file.closeQuietly() }
    return try file.readAll(limit: 16 << 20)
  }

  /// The ignore files that hold for a Dockerfile, named as if it were called `Dockerfile`.
  func ignoreFiles(dockerfile: String) throws -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    for (path, name) in [
      ("\(dockerfile).dockerignore", "Dockerfile.dockerignore"),
      ("\(dockerfile).containerignore", "Dockerfile.containerignore"), (".containerignore", ".containerignore"),
      (".dockerignore", ".dockerignore"),
    ] {
      files[name] = try bytes(of: path)
    }
    return files
  }
}

extension Optional {
  /// `map` with a function that waits.
  func asyncMap<R>(_ transform: (Wrapped) async throws -> R) async throws -> R? {
    guard let self else { return nil }
    return try await transform(self)
  }
}
