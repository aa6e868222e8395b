import Glibc
import Linux
import Subprocess
import SystemPackage
import TestSupport

/// The program under test, run as a process with a store of its own.
struct Program: Sendable {
  /// The repository's directory.
  static let repository = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()

  /// The directory of the store.
  let store: FilePath
  /// Set for every run.
  var environment: [String: String] = [:]

  /// `IMGSET_BINARY`, else the debug build of this checkout.
  static var path: FilePath {
    getenv("IMGSET_BINARY").map { FilePath(String(cString: $0)) } ?? repository.pushing(".build/debug/imgset")
  }

  /// What a run left.
  struct Result: Sendable {
    /// The exit code; 128 and the signal's number for a killed process.
    let status: Int32
    let output: String
    let errors: String

    /// `component: digest` of the lines on standard output.
    var digests: [String: String] {
      let pairs = output.split(separator: "\n").compactMap { line -> (String, String)? in
        let parts = line.split(separator: "@")
        guard parts.count == 2, let name = parts[0].split(separator: "/").last else { return nil }
        return (String(name), String(parts[1]))
      }
      return Dictionary(pairs) { $1 }
    }
  }

  /// Runs the program to its end.
  func run(_ arguments: [String], environment additions: [String: String] = [:], in directory: FilePath? = nil)
    async throws
    -> Result
  {
    let result = try await Subprocess.run(
      .path(Self.path), arguments: Arguments(arguments), environment: .custom(variables(additions)),
      workingDirectory: directory, output: .string(limit: 16 << 20), error: .string(limit: 16 << 20))
    let status: Int32 =
      switch result.terminationStatus {
      case .exited(let code): code
      case .signaled(let number): 128 + number
      }
    return Result(status: status, output: result.standardOutput, errors: result.standardError)
  }

  /// Builds a set, with plain progress.
  func build(_ set: SetFixture, _ arguments: String..., environment: [String: String] = [:]) async throws -> Result {
    try await run(["build", "-C", set.path.string, "--progress", "plain"] + arguments, environment: environment)
  }

  func variables(_ additions: [String: String] = [:]) -> [Environment.Key: String] {
    var result: [Environment.Key: String] = [:]
    for name in ["PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH"] {
      if let value = getenv(name) { result[Environment.Key(stringLiteral: name)] = String(cString: value) }
    }
    for (name, value) in environment.merging(additions, uniquingKeysWith: { $1 }).merging(
      ["IMGSET_HOME": store.string], uniquingKeysWith: { $1 })
    {
      result[Environment.Key(stringLiteral: name)] = value
    }
    return result
  }
}

/// Runs `body` with a program whose store is gone afterwards, and a directory for sets.
func withProgram<R>(_ body: (Program, FilePath) async throws -> R) async throws -> R {
  try await withTemporaryDirectory(prefix: "imgset-integration-") { directory, _ in
    try await body(Program(store: directory.appending("store")), directory)
  }
}
