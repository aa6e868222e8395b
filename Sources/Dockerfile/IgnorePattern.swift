/// One compiled pattern of an ignore file.
///
/// `?` and `[…]` stand for one character other than `/`, `*` for any number of them, `**` for any number of
/// directories, and at the end of a pattern for everything. Matching costs at most pattern length times path length.
struct IgnorePattern: Sendable {
  /// A piece of the pattern.
  enum Token: Sendable, Equatable {
    case character(UInt32)
    case anyCharacter
    case oneOf([ClosedRange<UInt32>], isNegated: Bool)
    /// `*`
    case star
    /// `**`, with the slash behind it: nothing, or anything that ends in a slash.
    case directories
    /// `**` at the end: the whole rest.
    case rest
  }

  /// How the pattern is matched; most patterns need no automaton.
  private enum Shape: Sendable {
    case exact([UInt8])
    case prefix([UInt8])
    case suffix([UInt8])
    /// `*.x` and `**/*.x`: the end of the last element, in the context's root alone or anywhere.
    case nameSuffix([UInt8], anywhere: Bool)
    case everything
    /// `onName`: the pattern is `**/` and one element, so only a path's last element has to be looked at.
    case automaton(literalStart: [UInt8], onName: Bool)
  }

  /// What the automaton works through; without the `**/` when only the last element is looked at.
  private let tokens: [Token]
  private let shape: Shape

  /// Compiles a cleaned pattern; nil when a class or escape is not well formed.
  init?(_ text: [UInt8]) {
    guard let all = PatternSyntax.tokens(text) else { return nil }
    let literals = all.compactMap(\.literal)
    let isAnywhere = all.first == .directories
    let element = all.dropFirst(isAnywhere ? 1 : 0)
    let isOneElement = !element.contains { $0 == .directories || $0 == .rest || $0.literal == 0x2F }
    switch (all.first, all.last) {
    case (.rest, _):
      shape = .everything
    case _ where literals.count == all.count:
      shape = .exact(PathCharacters.encode(literals))
    case (_, .rest) where literals.count == all.count - 1:
      shape = .prefix(PathCharacters.encode(literals))
    case (.directories, _) where literals.count == all.count - 1:
      shape = .suffix((text[2] == .slash ? [.slash] : []) + PathCharacters.encode(literals))
    case _ where isOneElement && element.first == .star && literals.count == element.count - 1:
      shape = .nameSuffix(PathCharacters.encode(literals), anywhere: isAnywhere)
    default:
      let onName = isAnywhere && isOneElement
      let start = (onName ? element : all[...]).prefix { $0.literal != nil }
      tokens = onName ? Array(element) : all
      shape = .automaton(literalStart: PathCharacters.encode(start.compactMap(\.literal)), onName: onName)
      return
    }
    tokens = all
  }

  /// Whether the pattern matches the whole of a path without slashes at its ends.
  func matches(_ path: ArraySlice<UInt8>) -> Bool {
    switch shape {
    case .everything: return true
    case .exact(let bytes): return path.count == bytes.count && path.elementsEqual(bytes)
    case .prefix(let bytes): return path.starts(with: bytes)
    case .suffix(let bytes):
      if path.count >= bytes.count, path.suffix(bytes.count).elementsEqual(bytes) { return true }
      return bytes.first == .slash && path.elementsEqual(bytes.dropFirst())
    case .nameSuffix(let bytes, let anywhere):
      let name = Self.name(of: path)
      guard anywhere || name.count == path.count, name.count >= bytes.count else { return false }
      return name.suffix(bytes.count).elementsEqual(bytes)
    case .automaton(let start, let onName):
      let subject = onName ? Self.name(of: path) : path
      return subject.starts(with: start) && run(on: PathCharacters.decode(subject)).accepts
    }
  }

  private static func name(of path: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var start = path.endIndex
    while start > path.startIndex, path[start - 1] != .slash { start -= 1 }
    return path[start...]
  }

  /// Whether the pattern can match something inside a directory.
  func canMatch(inside directory: ArraySlice<UInt8>) -> Bool {
    let inside = directory + [.slash]
    switch shape {
    case .everything, .suffix: return true
    case .nameSuffix(_, let anywhere): return anywhere
    case .exact(let bytes): return bytes.count > inside.count && bytes.starts(with: inside)
    case .prefix(let bytes): return bytes.starts(with: inside) || inside.starts(with: bytes)
    case .automaton(_, let onName): return onName || run(on: PathCharacters.decode(inside)).canGoOn
    }
  }

  /// Feeds a path to the automaton whose states are the positions between tokens; the states from `end + 1` on stand
  /// for being inside the directories of a `**`.
  private func run(on path: [UInt32]) -> (accepts: Bool, canGoOn: Bool) {
    let end = tokens.count
    var active = [Bool](repeating: false, count: 2 * end + 1)
    var next = active
    enter(0, &active)
    for character in path {
      var isAlive = false
      for position in 0..<end {
        if active[end + 1 + position] {
          next[end + 1 + position] = true
          if character == 0x2F { enter(position + 1, &next) }
          isAlive = true
        }
        guard active[position] else { continue }
        switch tokens[position] {
        case .rest: return (true, true)
        case .star where character != 0x2F: enter(position, &next)
        case let token where token.takes(character): enter(position + 1, &next)
        default: continue
        }
        isAlive = true
      }
      if !isAlive { return (false, false) }
      swap(&active, &next)
      for index in next.indices { next[index] = false }
    }
    return (active[end], active.enumerated().contains { $0.element && $0.offset != end })
  }

  /// Marks a state and those reached from it without a character.
  private func enter(_ start: Int, _ states: inout [Bool]) {
    var position = start
    while !states[position] {
      states[position] = true
      guard position < tokens.count else { return }
      switch tokens[position] {
      case .star: position += 1
      case .rest: position = tokens.count
      case .directories:
        states[tokens.count + 1 + position] = true
        position += 1
      default: return
      }
    }
  }
}

extension IgnorePattern.Token {
  /// The character that the token stands for alone.
  fileprivate var literal: UInt32? { if case .character(let value) = self { value } else { nil } }

  /// Whether a token for exactly one character takes this one.
  fileprivate func takes(_ character: UInt32) -> Bool {
    switch self {
    case .character(let value): character == value
    case .anyCharacter: character != 0x2F
    case .oneOf(let ranges, let isNegated):
      character != 0x2F && ranges.contains { $0.contains(character) } != isNegated
    case .star, .directories, .rest: false
    }
  }
}
