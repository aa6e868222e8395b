import Diagnostics
import Distribution
import Execution
import OCI
import Planning
import Progress
import Sources

/// An error of a cell in the parts that people are shown.
struct FailureText {
  let failure: CellFailure

  init(_ error: any Error, cell: Planning.CellID) {
    let failure: CellFailure
    switch error {
    case let error as StepError: failure = Self.failure(of: error)
    case let error as DiagnosticsError:
      let first = error.diagnostics.first { $0.severity == .error } ?? error.diagnostics[0]
      failure = Self.failure(first)
    case let error as SourceError: failure = Self.failure(error.diagnostic)
    case let error as ForeignBinaries:
      failure = CellFailure(
        error.what, why: error.why,
        help: [
          "build it for $TARGETARCH, or allow it: `--allow-foreign \(cell.component)=PATTERN`, `allow-foreign` in "
            + SetFile.name
        ])
    case let error as RegistryError:
      failure = CellFailure(error.what, why: error.why, help: error.help.map { [$0] } ?? [])
    default: failure = CellFailure("\(error)")
    }
    self.failure = failure.withoutPasswords
  }

  private static func failure(of error: StepError) -> CellFailure {
    var what: String
    var why: [String] = []
    var help: [String] = []
    switch error.underlying {
    case let run as RunError:
      what = run.message
      why = run.reason.map { [$0] } ?? []
      help = run.help.map { [$0] } ?? []
    case let registry as RegistryError:
      (what, why, help) = (registry.what, registry.why, registry.help.map { [$0] } ?? [])
    case let source as SourceError:
      (what, why, help) = (source.what, source.diagnostic.why, source.help)
    default: what = "\(error.underlying)"
    }
    let isEmulated = Emulator.isNeeded(for: error.cell.platform) && error.underlying is RunError
    return CellFailure(
      what, file: error.range.file.name, line: error.range.start.line, excerpt: excerpt(error.range), why: why,
      help: help, location: isEmulated ? "qemu" : nil)
  }

  private static func failure(_ diagnostic: Diagnostic) -> CellFailure {
    switch diagnostic.location {
    case .range(let range):
      CellFailure(
        diagnostic.what, file: range.file.name, line: range.start.line, excerpt: excerpt(range), why: diagnostic.why,
        help: diagnostic.help)
    case .text(let place): CellFailure(diagnostic.what, file: place, why: diagnostic.why, help: diagnostic.help)
    case .none: CellFailure(diagnostic.what, why: diagnostic.why, help: diagnostic.help)
    }
  }

  /// The instruction's lines and the one before, at most five.
  private static func excerpt(_ range: SourceRange) -> [CellFailure.ExcerptLine] {
    let first = range.start.line
    let numbers = max(1, first - 1)...min(range.lines.upperBound, first + 3)
    return numbers.filter { $0 <= range.file.lineStarts.count }.map { number in
      CellFailure.ExcerptLine(
        number: number, text: String(decoding: range.file.line(number), as: UTF8.self), isFault: number == first)
    }
  }
}

extension CellFailure {
  /// The failure with passwords of URLs made unreadable, wherever they came from.
  fileprivate var withoutPasswords: CellFailure {
    CellFailure(
      Passwords.hidden(in: what), file: file, line: line,
      excerpt: excerpt.map {
        ExcerptLine(number: $0.number, text: Passwords.hidden(in: $0.text), isFault: $0.isFault)
      },
      why: why.map(Passwords.hidden), help: help.map(Passwords.hidden), location: location)
  }
}
