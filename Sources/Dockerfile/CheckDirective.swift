import Diagnostics

/// What a `check` directive says: `skip=RULE,…;experimental=RULE,…;error=true`.
///
/// <https://docs.docker.com/reference/dockerfile/#check>
package struct CheckDirective: Hashable, Sendable {
  /// A list of rules, or all of them.
  package enum Rules: Hashable, Sendable {
    /// `all`.
    case all
    /// The rules named, in order.
    case named([String])

    /// Whether a rule is meant.
    package func contains(_ rule: String) -> Bool {
      switch self {
      case .all: true
      case .named(let names): names.contains(rule)
      }
    }
  }

  /// The rules that are switched off.
  package private(set) var skipped = Rules.named([])
  /// The rules in trial that are switched on.
  package private(set) var experimental = Rules.named([])
  /// Whether a warning counts as an error.
  package private(set) var isError = false
  /// The options that are none, as written.
  package private(set) var unknownOptions: [String] = []

  /// Reads the value of a directive; what stands behind ` //` is a remark.
  package init(_ text: String) {
    var bytes = Array(text.utf8)[...]
    for index in bytes.indices.dropLast(2) where bytes[index].isSpace {
      guard bytes[index + 1] == .slash, bytes[index + 2] == .slash else { continue }
      bytes = bytes[..<index]
      break
    }
    for option in bytes.split(separator: UInt8(ascii: ";")) {
      let sign = option.firstIndex(of: .equals) ?? option.endIndex
      let key = String(bytes: option[..<sign].trimmed)
      let value = option[sign...].dropFirst().trimmed
      switch key {
      case "skip": skipped = Self.rules(value)
      case "experimental": experimental = Self.rules(value)
      case "error" where ["true", "1"].contains(String(bytes: value).asciiLowercased): isError = true
      case "error" where ["false", "0"].contains(String(bytes: value).asciiLowercased): isError = false
      default: unknownOptions.append(String(bytes: option.trimmed))
      }
    }
  }

  private static func rules(_ value: ArraySlice<UInt8>) -> Rules {
    let names = value.split(separator: .comma).map { String(bytes: $0.trimmed) }.filter { !$0.utf8.isEmpty }
    return names == ["all"] ? .all : .named(names)
  }

  /// Every name in the directive.
  package var names: [String] {
    [skipped, experimental].flatMap { (rules) -> [String] in if case .named(let names) = rules { names } else { [] } }
  }
}
