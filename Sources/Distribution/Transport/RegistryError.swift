import OCI

/// A request to a registry that did not give what was asked for, with what is needed to mend it.
///
/// Holds no credential and no token: URLs are kept without their queries, and what the registry says is cut to a
/// bounded, printable length.
package struct RegistryError: Error, Sendable {
  /// What kind of fault it was, for callers that act on it.
  package enum Kind: Hashable, Sendable {
    /// The registry answered with an HTTP status that is an error.
    case status(Int)
    /// No connection can be made: refused, timed out, name not found.
    case unreachable
    /// A connection was lost or fell silent before the answer was whole.
    case connection
    /// No trust: the certificate or the TLS handshake.
    case certificate
    /// Bytes that are not what their digest, size or type says.
    case corrupt
    /// An answer that breaks the protocol, such as a redirect to nowhere.
    case protocolViolation
    /// The image has no manifest for the wanted platform.
    case platform
    /// The configuration forbids the registry or cannot be read.
    case configuration
    /// Something that must be at the destination before a tag may move is not there.
    case incomplete
  }

  package let kind: Kind
  /// One line, lower-case: what failed.
  package let what: String
  /// Method and URL that were asked, or the file at fault.
  package let place: String?
  /// The reasons known, outermost first.
  package var why: [String]
  /// What the user can do.
  package var help: String?
  /// Whether the same request may succeed a little later.
  package let isTransient: Bool
  /// How long the registry asked to wait before the next attempt.
  package let retryAfter: Duration?
  /// The registry's own codes for what is wrong, such as `DIGEST_INVALID`.
  package let codes: Set<String>

  package init(
    _ kind: Kind, _ what: String, place: String? = nil, why: [String] = [], help: String? = nil,
    isTransient: Bool = false
  ) {
    self.init(
      kind: kind, what: what, place: place, why: why, help: help, isTransient: isTransient, retryAfter: nil)
  }

  init(
    kind: Kind, what: String, place: String?, why: [String], help: String?, isTransient: Bool, retryAfter: Duration?,
    codes: Set<String> = []
  ) {
    self.kind = kind
    self.what = what
    self.place = place
    self.why = why
    self.help = help
    self.isTransient = isTransient
    self.retryAfter = retryAfter
    self.codes = codes
  }

  /// The program's exit code for every failure of registry, network or credentials.
  package static let exitCode: Int32 = 4

  /// The same error where repeating the request is out of the question.
  var lasting: RegistryError { with(isTransient: false) }

  /// The same error where beginning again may help.
  var passing: RegistryError { with(isTransient: true) }

  private func with(isTransient: Bool) -> RegistryError {
    RegistryError(
      kind: kind, what: what, place: place, why: why, help: help, isTransient: isTransient,
      retryAfter: isTransient ? retryAfter : nil, codes: codes)
  }

  /// The same error with one more reason behind the others.
  func because(_ reason: String) -> RegistryError {
    var copy = self
    copy.why.append(reason)
    return copy
  }
}

extension RegistryError: CustomStringConvertible {
  /// Several lines in the program's shape for errors, without the leading `error: `.
  package var description: String {
    var lines = [what]
    if let place { lines.append(" --> \(place)") }
    lines += why.map { " = \($0)" }
    if let help { lines.append(" = help: \(help)") }
    return lines.joined(separator: "\n")
  }
}

/// One entry of the error document that registries send.
///
/// Implements [distribution specification, "Error Codes"](https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#error-codes).
struct RegistryMessage: Hashable, Sendable, CustomStringConvertible {
  let code: String
  let message: String

  /// The entries of an error document; empty when the body is something else, such as a proxy's page.
  static func parse(_ body: [UInt8]) -> [RegistryMessage] {
    struct Document: Decodable {
      struct Entry: Decodable {
        let code: String?
        let message: String?
      }
      let errors: [Entry]
    }
    guard let document = try? CanonicalJSON.decode(Document.self, from: body) else { return [] }
    return document.errors.prefix(4).map {
      RegistryMessage(code: printable($0.code ?? "", limit: 64), message: printable($0.message ?? "", limit: 300))
    }
  }

  var description: String {
    [code, message].filter { !$0.isEmpty }.joined(separator: ": ")
  }

  /// At most `limit` characters, control characters replaced, since the text is the registry's and ends on a terminal.
  static func printable(_ text: String, limit: Int) -> String {
    let shown = text.unicodeScalars.prefix(limit).map { scalar -> Character in
      scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
        ? "?" : Character(scalar)
    }
    return String(shown) + (text.unicodeScalars.count > limit ? "…" : "")
  }
}
