/// What other builders say when something is wrong, and what imgset says of the same.
enum ErrorTexts {
  /// Parts of messages of other builders, in lower case, and parts of ours of which one has to be there.
  static let table: [(upstream: String, ours: [String])] = [
    ("no such file or directory", ["does not exist", "nothing matches"]),
    ("invalid chmod parameter", ["is not a mode"]),
    ("secret mysecret: not found", ["secret `mysecret` is required and was not given"]),
  ]

  /// What of the expected messages is not said.
  static func differences(_ failure: BuildFailure, upstream: [String]) -> [String] {
    let said = failure.report.lowercased()
    return upstream.compactMap { wanted in
      let wanted = wanted.lowercased()
      if said.contains(wanted) { return nil }
      for entry in table where wanted.contains(entry.upstream) && entry.ours.contains(where: said.contains) {
        return nil
      }
      return "does not say `\(wanted)`: \(failure)"
    }
  }
}
