import Assembly
import Components
import Content
import Diagnostics
import Layers
import Linux
import OCI
import Planning
import Progress
import SystemPackage

@testable import Engine
@testable import Execution

/// What a build made.
struct BuildResult: Sendable {
  let image: Image
  let tree: Tree
  let store: ContentStore
  /// What commands wrote.
  let output: String

  /// The bytes of a regular file; links in the path are followed as in a container. nil when there is none.
  func bytes(of path: String) throws -> [UInt8]? {
    guard let entry = try entry(path, followLast: true), entry.entry.contentDigest != nil else { return nil }
    let files = try SpooledFiles([entry], of: image.layers, in: store, cancellation: CancellationFlag())
    return try files.bytes(of: entry, limit: 16 << 20)
  }

  /// What is at a path, or nil.
  func entry(_ path: String, followLast: Bool = false) throws -> TreeEntry? {
    try tree.resolve(path.utf8, followLast: followLast).entry
  }
}

/// Why a build came to nothing, with all that people are told.
struct BuildFailure: Error, CustomStringConvertible {
  let messages: [String]
  /// The lines of the Dockerfile that are shown, and what to do about it.
  let details: [String]
  /// The line of the Dockerfile that the first message points at.
  let line: Int?
  /// What commands wrote before.
  let output: String
  /// Whether the failure has a type that the program explains, rather than one that only has a name.
  let isExplained: Bool

  init(_ error: any Error, output: String) {
    self.output = output
    switch error {
    case let error as DiagnosticsError:
      let errors = error.diagnostics.filter { $0.severity == .error }
      messages = errors.flatMap { [$0.what] + $0.why }
      details = errors.flatMap { [$0.rendered()] }
      line = errors.first?.range?.start.line
      isExplained = true
    case let error as StepError:
      let failure = FailureText(error, cell: error.cell).failure
      messages = [failure.what] + failure.why
      details = failure.excerpt.map(\.text) + failure.help
      line = failure.line
      isExplained = !(error.underlying is Errno)
    default:
      messages = ["\(error)"]
      details = []
      line = nil
      isExplained = error is StandInImages.Unknown
    }
  }

  /// All that people see.
  var report: String { (messages + details + [output]).joined(separator: "\n") }

  var description: String { messages.joined(separator: "; ") }
}
