/// Why a RUN step failed. The caller adds the cell, the file and the line.
package enum RunError: Error, Hashable, Sendable {
  /// The process ended with this status: its own, or 128 + the signal's number.
  case exited(status: CInt)
  /// The runtime did not start the process: no such program, not executable, a mount that cannot be made.
  case notStarted(reason: String)
  /// The recipe asks for something that the image does not have, such as an unknown user.
  case invalidRequest(reason: String)
  /// The recipe asks for something that only the user can give, and that was not given.
  case notGranted(what: String, help: String)
  /// This machine lacks what the step needs; the process exit code is 3.
  case machineCannot(what: String, reason: String, help: String)

  /// One sentence, lower case.
  package var message: String {
    switch self {
    case .exited(let status) where status > 128: "command was killed by signal \(status - 128)"
    case .exited(let status): "command failed with exit status \(status)"
    case .notStarted: "command could not be started"
    case .invalidRequest(let reason): reason
    case .notGranted(let what, _): what
    case .machineCannot(let what, _, _): "this machine cannot \(what)"
    }
  }

  /// Why, where that is more than the message says.
  package var reason: String? {
    switch self {
    case .exited, .invalidRequest, .notGranted: nil
    case .notStarted(let reason), .machineCannot(_, let reason, _): reason
    }
  }

  /// What to do about it.
  package var help: String? {
    switch self {
    case .machineCannot(_, _, let help), .notGranted(_, let help): help
    case .exited, .notStarted, .invalidRequest: nil
    }
  }
}
