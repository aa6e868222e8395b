import Diagnostics

/// The value of one `RUN --mount`, cut into fields; the values may hold variables.
///
/// <https://docs.docker.com/reference/dockerfile/#run---mount>
package struct MountFlag: Hashable, Sendable {
  /// One `key=value`, or a key alone.
  package struct Field: Hashable, Sendable {
    /// The key in lower case.
    package let key: String
    /// The value before expansion; nil for a key without `=`.
    package let value: String?
  }

  /// The fields in order; no key is repeated under any of its names.
  package let fields: [Field]
  /// The whole value and its place.
  package let word: Word
  /// The value of `from`: a stage's name or number, or an image. Never holds a variable.
  package let from: String?

  /// Cuts the value; when it holds no variable, it is checked completely.
  ///
  /// - Throws: unknown keys, a variable in `from`, and what `RunMount` refuses.
  init(_ word: Word) throws(DiagnosticsError) {
    func failure(_ what: String, help: [String] = []) -> DiagnosticsError {
      DiagnosticsError(.error(what, at: word.range, help: help))
    }
    guard let parts = Self.commaSeparated(Array(word.text.utf8)) else {
      throw failure("quotes in the value of --mount do not close")
    }
    var fields: [Field] = []
    var from: String?
    for part in parts {
      let sign = part.firstIndex(of: .equals)
      let key = String(bytes: part[..<(sign ?? part.endIndex)]).asciiLowercased
      let value = sign.map { String(bytes: part[($0 + 1)...]) }
      guard MountKey(name: key) != nil else {
        let guess = didYouMean(key, among: MountKey.allNames).map { " (did you mean \($0)?)" } ?? ""
        throw failure("unexpected key '\(key)' in --mount\(guess)")
      }
      if fields.contains(where: { MountKey(name: $0.key) == MountKey(name: key) }) {
        throw failure("--mount has \(key) twice")
      }
      if key == "from" {
        if value?.contains(byte: .dollar) == true {
          throw failure(
            "'from' doesn't support variable expansion, define alias stage instead",
            help: ["add a stage: FROM \(value ?? "") AS name, and write from=name"])
        }
        from = value
      }
      fields.append(Field(key: key, value: value))
    }
    self.fields = fields
    self.word = word
    self.from = from?.utf8.isEmpty == true ? nil : from
    if !word.mayHoldVariable { _ = try mount(expanding: WordExpander(), lookup: { _ in nil }) }
  }

  /// The mount with all variables replaced.
  ///
  /// - Throws: what cannot be expanded, an unknown type, a key that the type does not have, a value out of bounds.
  package func mount(expanding expander: WordExpander, lookup: WordExpander.Lookup) throws(DiagnosticsError)
    -> RunMount
  {
    var values: [(MountKey, String?)] = []
    for field in fields {
      guard let key = MountKey(name: field.key) else { continue }
      var value = field.value
      if let text = value, text.contains(byte: .dollar) {
        value = try expander.expand(Word(text, range: word.range), lookup: lookup)
      }
      values.append((key, value))
    }
    return try RunMount(values, at: word.range)
  }

  /// The fields of one CSV record, the form that command lines of Docker have too; nil when a quote does not close.
  package static func commaSeparated(_ bytes: [UInt8]) -> [[UInt8]]? {
    var parts: [[UInt8]] = [[]]
    var isQuoted = false
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      if byte == .doubleQuote, isQuoted, index + 1 < bytes.count, bytes[index + 1] == .doubleQuote {
        parts[parts.count - 1].append(byte)
        index += 1
      } else if byte == .doubleQuote, isQuoted || parts[parts.count - 1].isEmpty {
        isQuoted.toggle()
      } else if byte == .comma, !isQuoted {
        parts.append([])
      } else {
        parts[parts.count - 1].append(byte)
      }
      index += 1
    }
    return isQuoted ? nil : parts
  }
}

/// The keys of `--mount`, each with all of its names.
enum MountKey: CaseIterable, Hashable {
  case type, from, source, target, readOnly, readWrite, id, sharing, required, size, mode, uid, gid, environment
  /// Options of podman and of bind mounts elsewhere that change nothing in a build here: labels for SELinux and the
  /// propagation of mounts. Accepted, so that such files build.
  case label, relabel, propagation

  var names: [String] {
    switch self {
    case .type: ["type"]
    case .from: ["from"]
    case .source: ["source", "src"]
    case .target: ["target", "dst", "destination"]
    case .readOnly: ["readonly", "ro"]
    case .readWrite: ["readwrite", "rw"]
    case .id: ["id"]
    case .sharing: ["sharing"]
    case .required: ["required"]
    case .size: ["size"]
    case .mode: ["mode"]
    case .uid: ["uid"]
    case .gid: ["gid"]
    case .environment: ["env"]
    case .label: ["z"]
    case .relabel: ["relabel"]
    case .propagation: ["bind-propagation"]
    }
  }

  static var allNames: [String] { allCases.flatMap(\.names) }

  init?(name: String) {
    guard let key = Self.allCases.first(where: { $0.names.contains(name) }) else { return nil }
    self = key
  }
}
