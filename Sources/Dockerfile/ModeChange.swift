/// A change of permission bits as chmod(1) takes it: octal bits, or clauses such as `u=rwX,go-w`.
///
/// <https://pubs.opengroup.org/onlinepubs/9799919799/utilities/chmod.html>
package struct ModeChange: Hashable, Sendable, CustomStringConvertible {
  private enum Change: Hashable, Sendable {
    case absolute(UInt32)
    case clauses([Clause])
  }

  private struct Clause: Hashable, Sendable {
    /// The classes it concerns, as bits of `0o7` for others, `0o70` group, `0o700` user.
    var classes: UInt32
    var sign: UInt8
    /// `r`, `w`, `x` as `0o4`, `0o2`, `0o1`.
    var permissions: UInt32 = 0
    /// `X`: execute for directories and for what somebody may execute already.
    var executesIfUseful = false
    var setsIdentity = false
    var isSticky = false
    /// The class to copy from (`u`, `g`, `o`), as a shift.
    var copiesFrom: UInt32?
  }

  private let change: Change

  /// The change as it was written. Cache keys hold it, so it must not depend on names of types or on the process.
  package let description: String

  /// Reads an expanded word; nil when it is neither form, or octal above 7777.
  package init?(_ text: String) {
    description = text
    let bytes = Array(text.utf8)
    if !bytes.isEmpty, bytes.allSatisfy(\.isDigit) {
      guard let mode = UInt32(text, radix: 8), mode <= 0o7777 else { return nil }
      change = .absolute(mode)
      return
    }
    var clauses: [Clause] = []
    for part in bytes.parts(separatedBy: .comma) {
      guard let parsed = Self.clauses(part) else { return nil }
      clauses += parsed
    }
    change = .clauses(clauses)
  }

  /// Whether the bits are given in full, so that they do not depend on what was there.
  package var isAbsolute: Bool { if case .absolute = change { true } else { false } }

  /// The permission bits (to `0o7777`) that become of `mode`; clauses without a class concern all three, whatever the
  /// umask.
  package func apply(to mode: UInt32, isDirectory: Bool) -> UInt32 {
    switch change {
    case .absolute(let mode): mode
    case .clauses(let clauses): clauses.reduce(mode & 0o7777) { Self.apply($1, to: $0, isDirectory: isDirectory) }
    }
  }

  private static func apply(_ clause: Clause, to mode: UInt32, isDirectory: Bool) -> UInt32 {
    var permissions = clause.permissions
    if let shift = clause.copiesFrom { permissions |= mode >> shift & 0o7 }
    if clause.executesIfUseful, isDirectory || mode & 0o111 != 0 { permissions |= 0o1 }
    var bits = permissions * 0o111 & clause.classes
    var special: UInt32 = 0
    if clause.classes & 0o700 != 0 { special |= 0o4000 }
    if clause.classes & 0o070 != 0 { special |= 0o2000 }
    if clause.setsIdentity { bits |= special }
    if clause.isSticky { bits |= 0o1000 }
    switch clause.sign {
    case UInt8(ascii: "+"): return mode | bits
    case .dash: return mode & ~bits
    default:
      let sticky: UInt32 = clause.classes == 0o777 ? 0o1000 : 0
      let kept = isDirectory && !clause.setsIdentity ? 0 : special
      return mode & ~(clause.classes | kept | sticky) | bits
    }
  }

  /// The clauses of one part between commas: classes, then one or more actions.
  private static func clauses(_ part: ArraySlice<UInt8>) -> [Clause]? {
    let who = part.prefix { "ugoa".utf8.contains($0) }
    var classes: UInt32 = who.isEmpty ? 0o777 : 0
    for letter in who {
      switch letter {
      case UInt8(ascii: "u"): classes |= 0o700
      case UInt8(ascii: "g"): classes |= 0o070
      case UInt8(ascii: "o"): classes |= 0o007
      default: classes |= 0o777
      }
    }
    var result: [Clause] = []
    for byte in part.dropFirst(who.count) {
      if "+-=".utf8.contains(byte) {
        result.append(Clause(classes: classes, sign: byte))
        continue
      }
      guard !result.isEmpty, add(byte, to: &result[result.count - 1]) else { return nil }
    }
    return result.isEmpty ? nil : result
  }

  private static func add(_ letter: UInt8, to clause: inout Clause) -> Bool {
    switch letter {
    case UInt8(ascii: "r"): clause.permissions |= 0o4
    case UInt8(ascii: "w"): clause.permissions |= 0o2
    case UInt8(ascii: "x"): clause.permissions |= 0o1
    case UInt8(ascii: "X"): clause.executesIfUseful = true
    case UInt8(ascii: "s"): clause.setsIdentity = true
    case UInt8(ascii: "t"): clause.isSticky = true
    case UInt8(ascii: "u"): clause.copiesFrom = 6
    case UInt8(ascii: "g"): clause.copiesFrom = 3
    case UInt8(ascii: "o"): clause.copiesFrom = 0
    default: return false
    }
    return true
  }
}
