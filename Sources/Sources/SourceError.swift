import Diagnostics

/// Why the source or the binaries of a component could not be made, with what it takes to act on it.
package struct SourceError: Error, Hashable, Sendable, CustomStringConvertible {
  package var what: String
  /// The file or directory concerned, as people know it.
  package var place: String
  package var why: [String]
  package var help: [String]
  /// Last lines that the failed command wrote, oldest first, at most twenty.
  package var lastOutput: [String]

  package init(_ what: String, at place: String, why: [String] = [], help: [String] = [], lastOutput: [String] = []) {
    self.what = what
    self.place = place
    self.why = why
    self.help = help
    self.lastOutput = lastOutput
  }

  /// The same as a message in the usual shape, the output included.
  package var diagnostic: Diagnostic {
    let output = lastOutput.isEmpty ? [] : ["last output:"] + lastOutput.map { "  " + $0 }
    return .error(what, at: place, why: why + output, help: help)
  }

  package var description: String { diagnostic.rendered() }
}
