import Diagnostics
import Dockerfile
import OCI

extension StageState {
  /// WORKDIR: relative to the one before, as `cd` would take it; an empty one stays there.
  mutating func lowerWorkingDirectory(
    _ word: Word, _ instruction: Instruction
  ) throws(DiagnosticsError) -> LoweredInstruction {
    let text = try scope.expand(word)
    var parts: [Substring] = []
    for part in (text.hasPrefix("/") ? text : workingDirectory + "/" + text).split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    let path = "/" + parts.joined(separator: "/")
    // What is written absolutely is kept as it is written, as by `docker build`.
    let shown = text.hasPrefix("/") && text.hasSuffix("/") && !parts.isEmpty ? path + "/" : path
    settings.workingDir = shown
    return LoweredInstruction(
      history: "WORKDIR \(shown)", step: .makeDirectory(DirectoryStep(path: path, user: settings.user ?? "")),
      range: instruction.range)
  }
}
