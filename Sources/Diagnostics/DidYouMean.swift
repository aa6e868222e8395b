/// The candidate that a user most likely meant by a word that is not among them, or nil when none is near.
///
/// Letter case does not count; near means at most a third of the word's length in edits (a swap of neighbours is one
/// edit), and at least one. Words over 64 bytes get no answer, so that the work stays bounded.
package func didYouMean(_ word: String, among candidates: some Sequence<String>) -> String? {
  let typed = lowered(word)
  guard !typed.isEmpty, typed.count <= 64 else { return nil }
  let limit = max(1, typed.count / 3)
  var best: (distance: Int, candidate: String)?
  for candidate in candidates {
    let other = lowered(candidate)
    guard other.count <= 64, abs(other.count - typed.count) <= limit else { continue }
    let distance = editDistance(typed, other)
    guard distance <= limit, distance < other.count else { continue }
    if let known = best, known.distance <= distance { continue }
    best = (distance, candidate)
  }
  return best?.candidate
}

/// Edits between two words: insert, delete, replace, swap of neighbours.
private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
  var beforeLast: [Int] = []
  var last = Array(0...right.count)
  for i in 0..<left.count {
    var row = [i + 1]
    for j in 0..<right.count {
      let replaced = last[j] + (left[i] == right[j] ? 0 : 1)
      var cost = min(replaced, last[j + 1] + 1, row[j] + 1)
      if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] { cost = min(cost, beforeLast[j - 1] + 1) }
      row.append(cost)
    }
    beforeLast = last
    last = row
  }
  return last[right.count]
}

private func lowered(_ word: String) -> [UInt8] {
  word.utf8.map { $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z") ? $0 | 0x20 : $0 }
}
