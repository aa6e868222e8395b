import Content
import Dockerfile
import Layers
import Linux

extension ContextScanner {
  /// A scanner that leaves out what an ignore file says.
  ///
  /// - Parameter patterns: nil when there is no ignore file.
  package init(root: Directory, records: Records, time: Timestamp, ignoring patterns: IgnorePatterns?) {
    self.init(root: root, records: records, time: time) { path, isDirectory in
      guard let patterns else { return .visible }
      let decision = patterns.decision(for: path)
      if !decision.isIgnored { return .visible }
      return isDirectory && !patterns.canPrune(path.bytes[...], decision) ? .ignoredButSearched : .ignored
    }
  }
}

extension IgnorePatterns {
  /// What the patterns say of a path, its parents considered.
  fileprivate func decision(for path: EntryPath) -> Decision {
    var decision = Decision.root
    var end = path.bytes.startIndex
    while end < path.bytes.endIndex {
      end = path.bytes[(end + 1)...].firstIndex(of: UInt8(ascii: "/")) ?? path.bytes.endIndex
      decision = decide(path.bytes[..<end], in: decision)
    }
    return decision
  }
}
