import FoundationEssentials

/// What proves to one registry who is asking; printing it shows nothing secret.
package enum Credential: Hashable, Sendable {
  case password(user: String, password: String)
  /// A refresh token of an identity provider, exchanged for access tokens at the token server.
  case identityToken(String)

  /// The value of an `Authorization` header; nil for identity tokens, which are never sent to a registry itself.
  var basicAuthorization: String? {
    guard case .password(let user, let password) = self else { return nil }
    return "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
  }
}

extension Credential: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String {
    switch self {
    case .password(let user, _): "password of \(user) (redacted)"
    case .identityToken: "identity token (redacted)"
    }
  }

  package var debugDescription: String { description }

  package var customMirror: Mirror { Mirror(self, children: []) }
}
