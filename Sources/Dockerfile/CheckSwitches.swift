import Diagnostics

/// Which checks a file switches on and off: by the directive at its top for all of it, by a comment directly above an
/// instruction for that instruction.
package struct CheckSwitches: Sendable {
  /// A directive with its place.
  package struct Placed: Sendable {
    /// What it says.
    package let directive: CheckDirective
    /// The comment's line.
    package let range: SourceRange
  }

  /// The directive at the top of the file.
  package let file: Placed?
  /// The comments above instructions, with the lines of the instruction, in the order of the file.
  package let local: [(lines: ClosedRange<Int>, placed: Placed)]

  /// Finds the directives of a file.
  package init(_ tree: SyntaxTree) {
    file = tree.directives.check.map { Placed(directive: CheckDirective($0.text), range: $0.range) }
    var local: [(lines: ClosedRange<Int>, placed: Placed)] = []
    for instruction in tree.instructions {
      // The directive at the top is none of the first instruction's own.
      for comment in tree.comments(above: instruction) where comment != tree.directives.check?.range {
        guard let value = Self.value(of: comment) else { continue }
        local.append((instruction.range.lines, Placed(directive: CheckDirective(value), range: comment)))
      }
    }
    self.local = local
  }

  /// Whether warnings of the file are errors.
  package var isError: Bool { file?.directive.isError ?? false }

  /// Whether a rule in trial is switched on.
  package func isOn(experimental rule: String) -> Bool { file?.directive.experimental.contains(rule) ?? false }

  /// Whether a rule's message at a place is unwanted.
  package func skips(_ rule: String, at range: SourceRange) -> Bool {
    if file?.directive.skipped.contains(rule) == true { return true }
    guard !local.isEmpty else { return false }
    let line = range.start.line
    // Several comments above one instruction stand next to each other.
    var index = local.partitioningIndex { $0.lines.upperBound >= line }
    while index < local.count, local[index].lines.lowerBound <= line {
      if local[index].placed.directive.skipped.contains(rule) { return true }
      index += 1
    }
    return false
  }

  /// The value of a comment of the form `# check=value`.
  private static func value(of comment: SourceRange) -> String? {
    let bytes = comment.file.bytes[comment.offsets].trimmed.dropFirst()
    guard let sign = bytes.firstIndex(of: .equals), String(bytes: bytes[..<sign].trimmed).asciiLowercased == "check"
    else { return nil }
    return String(bytes: bytes[(sign + 1)...].trimmed)
  }
}

extension SyntaxTree {
  /// The comments in the lines directly above an instruction, with no blank line between, from top to bottom.
  package func comments(above instruction: InstructionSyntax) -> [SourceRange] {
    var number = instruction.range.start.line - 1
    var result: [SourceRange] = []
    while number >= 1 {
      let line = file.line(number)
      guard line.trimmed.first == .hash else { break }
      result.append(file.range(line.indices))
      number -= 1
    }
    return result.reversed()
  }
}

extension Array {
  /// The first index whose element holds the condition, in an array where it holds for all elements behind one that does.
  fileprivate func partitioningIndex(where holds: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if holds(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
