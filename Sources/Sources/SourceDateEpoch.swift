import Components
import Diagnostics
import OCI
import SystemPackage

/// The newest time that may appear in an image, in seconds since 1970, and what determined it.
///
/// Implements [SOURCE_DATE_EPOCH](https://reproducible-builds.org/specs/source-date-epoch/).
package struct SourceDateEpoch: Hashable, Sendable {
  /// What determined the time.
  package enum Origin: Hashable, Sendable {
    /// The variable `SOURCE_DATE_EPOCH`.
    case environment
    /// The commit of the component's source.
    case source
    /// The last commit that touched the component's directory.
    case directory
    /// Nothing is known, so the time is 0.
    case unknown
  }

  /// Never negative.
  package let seconds: Int64
  package let origin: Origin

  package init(seconds: Int64, origin: Origin) {
    self.seconds = seconds
    self.origin = origin
  }

  /// The time for a component: the environment's, else its source's, else its directory's, else 0.
  ///
  /// - Parameter source: the commit that is checked out, nil for a component without a source.
  /// - Throws: `DiagnosticsError` for a variable that is no number, `SourceError` when git fails.
  package static func of(
    directory: FilePath, source: CheckedSource? = nil, environment: [String: String]
  ) async throws -> SourceDateEpoch {
    if let text = environment["SOURCE_DATE_EPOCH"], !text.isEmpty {
      guard let seconds = Int64(text), seconds >= 0 else {
        throw DiagnosticsError(
          .error(
            "`\(text)` is not a time", at: "SOURCE_DATE_EPOCH (environment)",
            why: ["it must be a number of seconds since 1970"], help: ["unset SOURCE_DATE_EPOCH"]))
      }
      return SourceDateEpoch(seconds: seconds, origin: .environment)
    }
    if let source { return SourceDateEpoch(seconds: source.time, origin: .source) }
    let git = Git(environment: environment)
    let answer = try await git.run(["log", "-1", "--format=%ct", "--", "."], in: directory)
    guard let answer, !answer.meansNoRepository else { return SourceDateEpoch(seconds: 0, origin: .unknown) }
    guard answer.isSuccess else {
      throw SourceError("git cannot tell when the directory last changed", at: "\(directory)", lastOutput: answer.tail)
    }
    guard let seconds = Int64(answer.text), seconds >= 0 else { return SourceDateEpoch(seconds: 0, origin: .unknown) }
    return SourceDateEpoch(seconds: seconds, origin: .directory)
  }
}

/// What the history of a set says about its version.
package enum SetVersion {
  /// The tag for images of the set in `directory`: `git describe`, with `-dirty` for uncommitted changes.
  ///
  /// nil outside a repository, and when the description cannot be a tag.
  /// - Throws: `SourceError` when git fails.
  package static func describe(_ directory: FilePath, environment: [String: String]) async throws -> Tag? {
    let git = Git(environment: environment)
    let answer = try await git.run(["describe", "--tags", "--always", "--dirty"], in: directory)
    guard let answer, !answer.meansNoRepository else { return nil }
    guard answer.isSuccess else {
      throw SourceError("git cannot describe the set", at: "\(directory)", lastOutput: answer.tail)
    }
    // Slashes and plus signs are fine in git tags only.
    return Tag(answer.text) ?? Tag(answer.text.map { $0 == "/" || $0 == "+" ? "-" : String($0) }.joined())
  }
}
