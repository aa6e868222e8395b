/// The lines in front of names that show a tree: `├─ `, `└─ `, `│  `.
enum TreeLines {
  /// One prefix for each row of a tree given by depths in display order; roots have none.
  static func prefixes(_ depths: [Int]) -> [String] {
    depths.indices.map { row in
      let depth = depths[row]
      guard depth > 0 else { return "" }
      let outer = (1..<depth).map { level in continues(level, after: row, in: depths) ? "│  " : "   " }
      return outer.joined() + (continues(depth, after: row, in: depths) ? "├─ " : "└─ ")
    }
  }

  /// Whether another row of this level follows below the same parent.
  private static func continues(_ level: Int, after row: Int, in depths: [Int]) -> Bool {
    for depth in depths[(row + 1)...] {
      if depth == level { return true }
      if depth < level { return false }
    }
    return false
  }
}
