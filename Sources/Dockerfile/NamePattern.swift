/// A wildcard for one path component: `*`, `?`, `[a-z]`, `[^a-z]` and `\` before a literal byte.
///
/// Matching takes at most the product of both lengths, whatever the pattern. Implements the wildcards of
/// [Dockerfile reference, COPY](https://docs.docker.com/reference/dockerfile/#copy), which are those of Go's `path.Match`.
package struct NamePattern: Hashable, Sendable {
  private enum Element: Hashable, Sendable {
    case literal(UInt8)
    case any
    case many
    case set([ClosedRange<UInt8>], negated: Bool)
  }

  private let elements: [Element]

  /// nil for a malformed pattern: an unclosed bracket or a backslash at the end.
  package init?(_ bytes: some Collection<UInt8>) {
    var elements: [Element] = []
    var rest = Array(bytes)[...]
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "*"): if elements.last != .many { elements.append(.many) }
      case UInt8(ascii: "?"): elements.append(.any)
      case UInt8(ascii: "["):
        guard let set = Self.readSet(&rest) else { return nil }
        elements.append(set)
      case UInt8(ascii: "\\"):
        guard let escaped = rest.popFirst() else { return nil }
        elements.append(.literal(escaped))
      default: elements.append(.literal(byte))
      }
    }
    self.elements = elements
  }

  /// Whether a whole name matches.
  package func matches(_ name: some Collection<UInt8>) -> Bool {
    let name = Array(name)
    var (position, element) = (0, 0)
    var retry: (position: Int, element: Int)?
    while position < name.count {
      if element < elements.count, elements[element] == .many {
        retry = (position, element + 1)
        element += 1
      } else if element < elements.count, Self.accepts(elements[element], name[position]) {
        position += 1
        element += 1
      } else if let last = retry {
        retry = (last.position + 1, last.element)
        (position, element) = (last.position + 1, last.element)
      } else {
        return false
      }
    }
    return elements[element...].allSatisfy { $0 == .many }
  }

  private static func accepts(_ element: Element, _ byte: UInt8) -> Bool {
    switch element {
    case .literal(let literal): literal == byte
    case .any: true
    case .many: false
    case .set(let ranges, let negated): ranges.contains { $0.contains(byte) } != negated
    }
  }

  private static func readSet(_ rest: inout ArraySlice<UInt8>) -> Element? {
    var ranges: [ClosedRange<UInt8>] = []
    let negated = rest.first == UInt8(ascii: "^")
    if negated { rest.removeFirst() }
    func byte() -> UInt8? {
      guard let next = rest.popFirst(), next != UInt8(ascii: "-"), next != UInt8(ascii: "]") else { return nil }
      return next == UInt8(ascii: "\\") ? rest.popFirst() : next
    }
    while let next = rest.first {
      if next == UInt8(ascii: "]"), !ranges.isEmpty {
        rest.removeFirst()
        return .set(ranges, negated: negated)
      }
      guard let low = byte() else { return nil }
      var high = low
      if rest.first == UInt8(ascii: "-") {
        rest.removeFirst()
        guard let end = byte() else { return nil }
        high = end
      }
      guard low <= high else { return nil }
      ranges.append(low...high)
    }
    return nil
  }
}
