import Glibc
import Subprocess
import SystemPackage

/// A program of the machine that tests use as a part or as a judge: `docker-registry`, `skopeo`, `openssl`.
package struct Tool: Sendable {
  package let name: String
  package let path: FilePath

  /// nil when there is no such program in `PATH`; a name with a slash is the path itself.
  package init?(_ name: String) {
    if name.contains("/") {
      guard access(name, X_OK) == 0 else { return nil }
      (self.name, path) = (name, FilePath(name))
      return
    }
    let directories = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
    guard
      let path = directories.split(separator: ":").map({ FilePath(String($0)).appending(name) })
        .first(where: { access($0.string, X_OK) == 0 })
    else { return nil }
    self.name = name
    self.path = path
  }

  /// Whether a test that needs all of these programs can run here.
  package static func areInstalled(_ names: String...) -> Bool { names.allSatisfy { Tool($0) != nil } }

  /// Runs the program to its end and gives what it wrote to standard output.
  ///
  /// - Throws: `ToolFailure` with what it wrote to standard error when it exits with another status than 0.
  @discardableResult
  package func run(_ arguments: [String], environment: [String: String] = [:]) async throws -> String {
    let additions = environment.compactMap { name, value in
      Environment.Key(rawValue: name).map { ($0, value as String?) }
    }
    let result = try await Subprocess.run(
      .path(path), arguments: Arguments(arguments),
      environment: .inherit.updating(Dictionary(additions, uniquingKeysWith: { first, _ in first })),
      output: .string(limit: 8 << 20), error: .string(limit: 1 << 20))
    try Task.checkCancellation()
    guard result.terminationStatus.isSuccess else {
      throw ToolFailure(command: ([name] + arguments).joined(separator: " "), output: result.standardError)
    }
    return result.standardOutput
  }

  /// Runs a program that must be there.
  ///
  /// - Throws: `ToolFailure` when it is missing or fails.
  @discardableResult
  package static func run(_ name: String, _ arguments: [String]) async throws -> String {
    guard let tool = Tool(name) else { throw ToolFailure(command: name, output: "not in PATH") }
    return try await tool.run(arguments)
  }
}

/// A program that did not do what a test needs from it.
package struct ToolFailure: Error, CustomStringConvertible {
  package let command: String
  package let output: String

  /// - Parameter output: what the program said about it.
  package init(command: String, output: String) {
    self.command = command
    self.output = output
  }

  package var description: String { "`\(command)` failed: \(output)" }
}
