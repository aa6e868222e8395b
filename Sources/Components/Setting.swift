/// Where the value of a setting comes from, in descending order of precedence.
package enum SettingOrigin: Hashable, Sendable {
  /// Typed on the command line; carries the spelling of the flag, such as `--dest`, or `COMPONENT…` for arguments.
  case flag(String)
  /// An environment variable.
  case environment(String)
  /// A key of the set's configuration file.
  case file(String, key: String)
  case builtIn

  /// The place in messages: `PUSH (environment)`.
  package var place: String {
    switch self {
    case .flag(let name): "\(name) (command line)"
    case .environment(let name): "\(name) (environment)"
    case .file(let file, let key): "\(file) (key `\(key)`)"
    case .builtIn: "built-in default"
    }
  }
}

extension SettingOrigin: CustomStringConvertible {
  /// The short form that a plan prints after a value: `env DEST_REGISTRY`.
  package var description: String {
    switch self {
    case .flag(let name): name
    case .environment(let name): "env \(name)"
    case .file(let file, _): file
    case .builtIn: "default"
    }
  }
}

/// An effective value and what set it.
package struct Setting<Value: Sendable>: Sendable {
  package let value: Value
  package let origin: SettingOrigin

  package init(_ value: Value, from origin: SettingOrigin) {
    self.value = value
    self.origin = origin
  }
}

/// A value of a configuration file before anyone knows what it should be; any file format maps to it.
package enum SettingValue: Hashable, Sendable {
  case text(String)
  case flag(Bool)
  case number(Int)
  case list([String])

  /// The words of the value: a list's elements, or text split at commas and white space.
  var words: [String] {
    switch self {
    case .text(let text): text.split { $0.isWhitespace || $0 == "," }.map(String.init)
    case .flag(let flag): [flag ? "yes" : "no"]
    case .number(let number): [String(number)]
    case .list(let list): list
    }
  }

  /// The value as one text, as it would stand in the environment.
  var text: String {
    switch self {
    case .text(let text): text
    default: words.joined(separator: " ")
    }
  }
}
