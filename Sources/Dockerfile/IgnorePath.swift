/// Lexical work on slash-separated paths of patterns; no path here is ever opened.
enum IgnorePath {
  /// The shortest path of the same meaning: no empty, `.` or removable `..` elements, no slash at the end but for `/`
  /// itself; `.` for nothing.
  static func clean(_ path: [UInt8]) -> [UInt8] {
    let isRooted = path.first == .slash
    var elements: [ArraySlice<UInt8>] = []
    for element in path.parts(separatedBy: .slash) {
      if element.isEmpty || element.elementsEqual([.dot]) { continue }
      if element.elementsEqual([.dot, .dot]) {
        if let last = elements.last, !last.elementsEqual([.dot, .dot]) {
          elements.removeLast()
          continue
        }
        if isRooted { continue }
      }
      elements.append(element)
    }
    let joined = Array(elements.joined(separator: [.slash]))
    if isRooted { return [.slash] + joined }
    return joined.isEmpty ? [.dot] : joined
  }
}
