import Diagnostics

/// A mount of a RUN, ready to be carried out. Paths are as written: whoever mounts them contains them.
package struct RunMount: Hashable, Sendable {
  /// Where the content comes from.
  package enum Kind: String, CaseIterable, Hashable, Sendable {
    /// Files of the context, a stage or an image.
    case bind
    /// A directory kept between builds.
    case cache
    /// A new memory file system.
    case tmpfs
    /// A file or variable that no layer keeps.
    case secret
    /// The socket of an SSH agent.
    case ssh
  }

  /// How builds share a cache.
  package enum Sharing: String, CaseIterable, Hashable, Sendable {
    /// All at once.
    case shared
    /// Each has its own.
    case `private`
    /// One after the other.
    case locked
  }

  /// What is mounted.
  package var kind: Kind = .bind
  /// A stage's name or number, or an image, that `source` is in; nil for the context or an empty cache.
  package var from: String?
  /// The path in `from`; nil for its root.
  package var source: String?
  /// Where it is mounted; nil where the kind has a default (`/run/secrets/ID`) or only a variable is set.
  package var target: String?
  /// Whether writing is refused; a bind mount is read-only unless told otherwise.
  package var isReadOnly = false
  /// The name of the cache, secret or agent; nil when a default applies.
  package var id: String?
  /// How builds share a cache.
  package var sharing: Sharing = .shared
  /// Whether a secret or agent that is not given fails the build.
  package var isRequired = false
  /// Bytes that a tmpfs may hold.
  package var size: Int64?
  /// Permission bits of the cache, secret or socket.
  package var mode: UInt32?
  /// Owner.
  package var uid: UInt32?
  /// Group.
  package var gid: UInt32?
  /// The variable that holds a secret.
  package var environment: String?

  /// Reads expanded fields.
  ///
  /// - Throws: an unknown type, a key that the type does not have, a value out of bounds, a missing target.
  init(_ fields: [(MountKey, String?)], at range: SourceRange) throws(DiagnosticsError) {
    func failure(_ what: String, why: [String] = []) -> DiagnosticsError {
      DiagnosticsError(.error(what, at: range, why: why))
    }
    if let type = fields.first(where: { $0.0 == .type })?.1 {
      guard let kind = Kind(rawValue: type.asciiLowercased) else {
        let names = Kind.allCases.map(\.rawValue)
        let guess = didYouMean(type, among: names).map { " (did you mean \($0)?)" } ?? ""
        throw failure("unsupported mount type \"\(type)\"\(guess)", why: ["one of \(names.joined(separator: ", "))"])
      }
      self.kind = kind
    }
    isReadOnly = kind == .bind
    for (key, value) in fields where key != .type {
      guard kind.keys.contains(key) else {
        throw failure("--mount of type \(kind.rawValue) has no key '\(key.names[0])'")
      }
      guard set(key, value) else {
        throw failure("invalid value for \(key.names[0]) in --mount: \(value ?? "(none)")", why: [key.rule])
      }
    }
    switch kind {
    case .bind, .cache, .tmpfs:
      if target == nil { throw failure("--mount of type \(kind.rawValue) needs a target") }
    case .secret:
      if id == nil, target == nil, source == nil { throw failure("--mount of type secret needs an id or a target") }
    case .ssh: break
    }
  }

  private mutating func set(_ key: MountKey, _ value: String?) -> Bool {
    switch key {
    case .type, .label, .relabel, .propagation: return true
    case .from: from = value
    case .source: source = value
    case .target: target = value
    case .id: id = value
    case .environment: environment = value
    case .readOnly, .readWrite, .required: return setSwitch(key, value)
    case .sharing:
      guard let sharing = Sharing(rawValue: value ?? "") else { return false }
      self.sharing = sharing
      return true
    case .size:
      size = ByteCount.parse(value ?? "")
      return size != nil
    case .mode:
      mode = value.flatMap { UInt32($0, radix: 8) }
      return mode.map { $0 <= 0o7777 } ?? false
    case .uid:
      uid = UserIdentifier.parse(value ?? "")
      return uid != nil
    case .gid:
      gid = UserIdentifier.parse(value ?? "")
      return gid != nil
    }
    return value?.utf8.isEmpty == false
  }

  private mutating func setSwitch(_ key: MountKey, _ value: String?) -> Bool {
    let isOn: Bool
    switch value?.asciiLowercased {
    case nil, "true", "1": isOn = true
    case "false", "0": isOn = false
    default: return false
    }
    if key == .required { isRequired = isOn } else { isReadOnly = (key == .readOnly) == isOn }
    return true
  }
}

extension RunMount.Kind {
  /// The keys that mean something for the kind.
  fileprivate var keys: Set<MountKey> {
    switch self {
    case .bind: [.type, .from, .source, .target, .readOnly, .readWrite, .label, .relabel, .propagation]
    case .cache:
      [
        .type, .from, .source, .target, .readOnly, .readWrite, .id, .sharing, .mode, .uid, .gid, .label, .relabel,
        .propagation,
      ]
    case .tmpfs: [.type, .target, .size, .readOnly, .readWrite, .mode]
    case .secret: [.type, .id, .source, .target, .required, .mode, .uid, .gid, .environment]
    case .ssh: [.type, .id, .target, .required, .mode, .uid, .gid]
    }
  }
}

extension MountKey {
  /// What a value of the key looks like.
  fileprivate var rule: String {
    switch self {
    case .readOnly, .readWrite, .required: "true or false"
    case .sharing: "one of shared, private, locked"
    case .size: "a number of bytes, with an optional unit such as 64m"
    case .mode: "permission bits in octal, for example 0750"
    case .uid, .gid: "a number from 0 to 4294967294"
    default: "a text that is not empty"
    }
  }
}
