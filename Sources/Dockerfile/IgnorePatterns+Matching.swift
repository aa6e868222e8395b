extension IgnorePatterns {
  /// What the patterns say about one path; kept for a directory, it makes the answers for its children cheap.
  package struct Decision: Hashable, Sendable {
    /// Whether the path is left out.
    package let isIgnored: Bool
    /// The index of the last pattern that matches the path or a parent; -1 for none.
    fileprivate let last: Int

    /// The decision for the context itself.
    package static let root = Decision(isIgnored: false, last: -1)
  }

  /// Decides about a path when the decision for its parent directory is known.
  ///
  /// - Parameters:
  ///   - path: the bytes of the path from the context on, without slashes at its ends.
  ///   - parent: the decision for the directory it is in; `.root` for the context.
  package func decide(_ path: ArraySlice<UInt8>, in parent: Decision) -> Decision {
    var index = entries.count - 1
    while index > parent.last {
      if entries[index].pattern.matches(path) { return Decision(isIgnored: !entries[index].isNegated, last: index) }
      index -= 1
    }
    return parent
  }

  /// Whether nothing inside a directory can be taken in, so that it need not be read.
  package func canPrune(_ directory: ArraySlice<UInt8>, _ decision: Decision) -> Bool {
    guard decision.isIgnored else { return false }
    guard hasNegations else { return true }
    return !entries[(decision.last + 1)...].contains { $0.isNegated && $0.pattern.canMatch(inside: directory) }
  }

  /// Whether a path is left out, by itself or with one of its parents. Slashes at its end do not count.
  package func ignores(_ path: [UInt8]) -> Bool {
    var end = path.count
    while end > 0, path[end - 1] == .slash { end -= 1 }
    var decision = Decision.root
    for index in 0..<end where path[index] == .slash && index > 0 {
      decision = decide(path[..<index], in: decision)
    }
    return decide(path[..<end], in: decision).isIgnored
  }

  /// Whether a path is left out, by itself or with one of its parents.
  package func ignores(_ path: String) -> Bool { ignores(Array(path.utf8)) }
}
