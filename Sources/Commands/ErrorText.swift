import ArgumentParser
import Content
import Diagnostics
import Distribution
import Execution
import Linux
import OCI
import ReleasePayload
import Sources

/// An error in the shape that people read, and the exit status that goes with it.
struct ErrorText {
  let rendered: String
  let status: ExitStatus

  init(_ error: any Error) {
    switch error {
    case let error as StepError:
      (rendered, status) = ("error: \(error.cell): \(error.text)", Self.status(of: error.underlying))
    case let error as DiagnosticsError: (rendered, status) = (error.description, .wrongInput)
    case let error as SourceError: (rendered, status) = (error.description, .cellFailed)
    case let error as RegistryError: (rendered, status) = ("error: \(error.description)", .registry)
    case let error as LayoutError: (rendered, status) = ("error: \(error)", .wrongInput)
    case let error as PayloadError:
      rendered = Diagnostic.error(
        error.what, at: error.place, why: [error.why],
        help: ["`oc adm release extract --file=image-references` writes what is expected"]
      ).rendered()
      status = .wrongInput
    case let error as ReferenceError: (rendered, status) = ("error: \(error.description)", .wrongInput)
    case let error as RunError: (rendered, status) = ("error: \(error.message)", Self.status(of: error))
    case let error as StoreError:
      rendered = Diagnostic.error(
        "cannot open the store", at: error.path, why: [error.why],
        help: ["set IMGSET_HOME to a directory that you can write to"]
      ).rendered()
      status = .machineCannot
    case let error as ContentError: (rendered, status) = ("error: \(error.description)", .cellFailed)
    default: (rendered, status) = ("error: \(error)", .cellFailed)
    }
  }

  private static func status(of error: any Error) -> ExitStatus {
    switch error {
    case RunError.machineCannot: .machineCannot
    case is RegistryError: .registry
    default: .cellFailed
    }
  }

  /// Whether the error came from parsing the command line.
  static func isUsage(_ error: any Error) -> Bool {
    error is ValidationError || "\(type(of: error))" == "CommandError"
  }
}
